/// Paths and schemas of archive jobs.
extension OpenAPI {
    static let archivePaths = #"""
            "/v1/archive/jobs": {
              "get": {
                "operationId": "listArchiveJobs",
                "summary": "Archive jobs, the newest first; without `room` those of all rooms, for a token that opens all",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The jobs.",
                    "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/ArchiveJob"}}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                },
                "parameters": [
                  {"name": "room", "in": "query", "schema": {"$ref": "#/components/schemas/Name"}},
                  {
                    "name": "state",
                    "in": "query",
                    "schema": {"enum": ["queued", "running", "finished", "failed", "cancelled"]}
                  }
                ]
              },
              "post": {
                "operationId": "submitArchiveJob",
                "summary": "Composites a recorded session; needs the grant record of its room",
                "security": [{"token": []}],
                "responses": {
                  "201": {
                    "description": "Queued.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ArchiveJob"}}},
                    "headers": {"Location": {"schema": {"type": "string"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                },
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ArchiveRequest"}}}}
              }
            },
            "/v1/archive/jobs/{job}": {
              "parameters": [{"$ref": "#/components/parameters/job"}],
              "get": {
                "operationId": "getArchiveJob",
                "summary": "How far it is, and what became of it",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The job.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ArchiveJob"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              },
              "delete": {
                "operationId": "endArchiveJob",
                "summary": "Cancels a job that has not ended; takes one away that has, with its file, for the grant admin",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "It is cancelled.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ArchiveJob"}}}
                  },
                  "204": {"description": "It is gone."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/archive/jobs/{job}/url": {
              "parameters": [{"$ref": "#/components/parameters/job"}],
              "post": {
                "operationId": "signArchiveFile",
                "summary": "A link to its file that needs no token, good for an hour",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The link.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SignedLink"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/archive/jobs/{job}/file": {
              "parameters": [{"$ref": "#/components/parameters/job"}],
              "get": {
                "operationId": "getArchiveFile",
                "summary": "The composite, or one range of it",
                "security": [{"token": []}, {}],
                "responses": {
                  "200": {
                    "description": "All of it.",
                    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
                    "headers": {"ETag": {"schema": {"type": "string"}}}
                  },
                  "206": {
                    "description": "The range.",
                    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
                    "headers": {"Content-Range": {"schema": {"type": "string"}}}
                  },
                  "304": {"description": "As it was."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "416": {"$ref": "#/components/responses/RangeNotSatisfiable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                },
                "parameters": [
                  {
                    "name": "Range",
                    "in": "header",
                    "schema": {"type": "string"},
                    "description": "One range of bytes; several are answered with the whole file."
                  },
                  {"name": "If-Range", "in": "header", "schema": {"type": "string"}},
                  {"$ref": "#/components/parameters/ifNoneMatch"},
                  {"$ref": "#/components/parameters/expires"},
                  {"$ref": "#/components/parameters/signature"}
                ]
              }
            }
        """#

    static let archiveSchemas = #"""
              "ArchiveJob": {
                "type": "object",
                "required": ["id", "state", "progress", "tries", "created", "changed"],
                "properties": {
                  "id": {"$ref": "#/components/schemas/Name"},
                  "state": {"enum": ["queued", "running", "finished", "failed", "cancelled"]},
                  "session": {"type": "string", "description": "The recording that it composites."},
                  "room": {"$ref": "#/components/schemas/Name"},
                  "progress": {"type": "number", "minimum": 0, "maximum": 1},
                  "remaining": {"type": "number", "description": "Seconds, while it is known."},
                  "pieces": {"type": "integer"},
                  "piecesDone": {"type": "integer"},
                  "tries": {"type": "integer"},
                  "error": {"type": "string"},
                  "warnings": {"type": "array", "items": {"type": "string"}},
                  "result": {
                    "type": "object",
                    "required": ["name", "duration", "bytes", "pieces", "reused", "elapsed"],
                    "properties": {
                      "name": {"type": "string"},
                      "duration": {"type": "number"},
                      "bytes": {"type": "integer"},
                      "pieces": {"type": "integer"},
                      "reused": {"type": "integer", "description": "Of the pieces, those that an earlier try had finished."},
                      "elapsed": {"type": "number", "description": "Seconds that the last try took."}
                    }
                  },
                  "created": {"type": "string", "format": "date-time"},
                  "changed": {"type": "string", "format": "date-time"}
                }
              },
              "ArchiveRequest": {
                "type": "object",
                "required": ["session"],
                "properties": {
                  "session": {"$ref": "#/components/schemas/Name"},
                  "layout": {"$ref": "#/components/schemas/LayoutChoice"},
                  "layouts": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": ["layout"],
                      "properties": {
                        "from": {"type": "number", "minimum": 0},
                        "layout": {"$ref": "#/components/schemas/LayoutChoice"}
                      }
                    },
                    "description": "In place of layout: each from its second on, the first from 0."
                  },
                  "view": {"type": "string"},
                  "size": {"type": "string", "description": "Such as 1280x720."},
                  "fps": {"type": ["number", "string"], "description": "1 to 120; 29.97 as text, too."},
                  "videoCodec": {"enum": ["vp8", "vp9", "h264"]},
                  "audioCodec": {"enum": ["opus", "aac"]},
                  "videoBitrate": {"type": "integer"},
                  "audioBitrate": {"type": "integer"},
                  "leaveOut": {"type": "array", "items": {"type": "string"}, "description": "Who is not there at all."},
                  "hide": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "Whose tile is grey and who is not heard."
                  },
                  "trim": {
                    "description": "The part of the session in seconds; true from the first media to the last.",
                    "anyOf": [
                      {"type": "boolean"},
                      {
                        "type": "object",
                        "properties": {"start": {"type": "number"}, "end": {"type": "number"}},
                        "additionalProperties": false
                      }
                    ]
                  },
                  "format": {"enum": ["webm", "mkv", "mp4"], "default": "webm"},
                  "chunk": {"type": "number", "minimum": 1, "maximum": 600, "description": "Seconds of a piece of work."},
                  "video_layout": {"type": "object", "description": "As in a Twilio composition."},
                  "resolution": {"type": "string"}
                }
              },
              "SignedLink": {
                "type": "object",
                "required": ["url", "expires"],
                "properties": {"url": {"type": "string"}, "expires": {"type": "integer"}}
              }
        """#
}
