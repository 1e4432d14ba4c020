/// The description of the HTTP interface (OpenAPI 3.1), served as `/openapi.json`.
enum OpenAPI {
    static let document =
        "{\n" + head + ",\n  \"paths\": " + paths(sessions + rooms + recordings + outputs + archive + service)
        + ",\n  \"components\": {\n" + components.replacing("@archive", with: archiveSchemas)
        + ",\n    \"responses\": {\n" + responses + "\n    }\n  }\n}\n"

    private static let head = #"""
          "openapi": "3.1.0",
          "info": {
            "title": "Tessera",
            "version": "1",
            "description": "Rooms in which everybody sends one stream and receives one stream. Errors are problem documents (RFC 9457); `place` names the parameter or field that was wrong. OPTIONS on every path tells its methods; any other method is 405 with Allow.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
          },
          "servers": [{"url": "/"}]
        """#

    private static let components = #"""
            "securitySchemes": {
              "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "HS256 with room, grants (publish, subscribe, record, admin) and exp; `tessera token` makes one."
              }
            },
            "parameters": {
              "output": {"name": "output", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Name"}},
              "stream": {"name": "stream", "in": "path", "required": true, "schema": {"type": "string"}},
              "segment": {"name": "segment", "in": "path", "required": true, "schema": {"type": "string"}},
              "ofRoom": {"name": "room", "in": "query", "schema": {"$ref": "#/components/schemas/Name"}},
              "inState": {
                "name": "state",
                "in": "query",
                "schema": {"enum": ["queued", "running", "finished", "failed", "cancelled"]}
              },
              "job": {"name": "job", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Name"}},
              "recording": {"name": "recording", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Name"}},
              "expires": {
                "name": "expires",
                "in": "query",
                "schema": {"type": "integer"},
                "description": "Of a signed link, in place of a token."
              },
              "signature": {"name": "signature", "in": "query", "schema": {"type": "string"}},
              "room": {"name": "room", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Name"}},
              "session": {"name": "session", "in": "path", "required": true, "schema": {"type": "string"}},
              "participant": {
                "name": "participant",
                "in": "path",
                "required": true,
                "schema": {"$ref": "#/components/schemas/Name"}
              },
              "name": {
                "name": "name",
                "in": "query",
                "schema": {"type": "string", "maxLength": 64},
                "description": "The label; the token's name wins."
              },
              "view": {"name": "view", "in": "query", "schema": {"type": "string"}, "description": "A layout's name."},
              "rendition": {
                "name": "rendition",
                "in": "query",
                "schema": {"type": "string"},
                "description": "Such as 360p30, or audio."
              },
              "limit": {
                "name": "limit",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
              },
              "after": {"name": "after", "in": "query", "schema": {"$ref": "#/components/schemas/Name"}},
              "iceMatch": {
                "name": "If-Match",
                "in": "header",
                "schema": {"type": "string"},
                "description": "The session's ETag, or * to restart."
              },
              "range": {
                "name": "Range",
                "in": "header",
                "schema": {"type": "string"},
                "description": "One range of bytes; several are answered with the whole file."
              },
              "ifRange": {"name": "If-Range", "in": "header", "schema": {"type": "string"}},
              "file": {
                "name": "file",
                "in": "path",
                "required": true,
                "schema": {"type": "string"},
                "description": "A name of the recording's files, also with .report.json, .poster.png or .strip.png; manifest.jsonl of tracks."
              },
              "ifMatch": {"name": "If-Match", "in": "header", "schema": {"type": "string"}},
              "ifNoneMatch": {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
            },
            "schemas": {
            @archive,
              "Recording": {
                "type": "object",
                "required": ["id", "room", "kind", "state", "started", "wasInterrupted", "bytes", "duration", "files"],
                "properties": {
                  "id": {"$ref": "#/components/schemas/Name"},
                  "room": {"$ref": "#/components/schemas/Name"},
                  "kind": {"enum": ["composite", "tracks", "both"]},
                  "state": {"enum": ["recording", "paused", "finished", "interrupted", "failed", "missing"]},
                  "name": {"$ref": "#/components/schemas/Name"},
                  "container": {"type": "string"},
                  "rendition": {"type": "string"},
                  "layout": {"type": "string"},
                  "by": {"type": "string"},
                  "started": {"type": "string", "format": "date-time"},
                  "ended": {"type": "string", "format": "date-time"},
                  "wasInterrupted": {"type": "boolean"},
                  "error": {"type": "string"},
                  "bytes": {"type": "integer"},
                  "duration": {"type": "number", "description": "Seconds."},
                  "files": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": ["name", "state", "bytes", "duration"],
                      "properties": {
                        "name": {"type": "string"},
                        "state": {"enum": ["writing", "whole", "missing", "damaged"]},
                        "bytes": {"type": "integer"},
                        "duration": {"type": "number"}
                      }
                    }
                  }
                }
              },
              "RecordingRequest": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                  "kind": {"enum": ["composite", "tracks", "both"], "default": "composite"},
                  "name": {"$ref": "#/components/schemas/Name"},
                  "container": {"enum": ["webm", "mkv", "mp4", "ogg"], "default": "webm"},
                  "rendition": {"type": "string", "description": "Such as 360p30, or audio; the best unless given."},
                  "layout": {"type": "string", "description": "The room's own unless given."},
                  "pausesWhenEmpty": {"type": "boolean", "default": true},
                  "speakersAreChapters": {"type": "boolean", "default": true},
                  "splitSeconds": {"type": "number", "minimum": 1, "maximum": 86400},
                  "splitMegabytes": {"type": "number", "minimum": 1, "maximum": 1000000}
                }
              },
              "Output": {
                "type": "object",
                "required": ["id", "room", "target", "state", "started", "bytes", "failures"],
                "properties": {
                  "id": {"$ref": "#/components/schemas/Name"},
                  "room": {"$ref": "#/components/schemas/Name"},
                  "target": {"type": "string", "description": "hls, or a name of the configuration's."},
                  "state": {"enum": ["connecting", "running", "waiting", "ended"]},
                  "layout": {"type": "string"},
                  "rendition": {"type": "string"},
                  "by": {"type": "string"},
                  "started": {"type": "string", "format": "date-time"},
                  "bytes": {"type": "integer"},
                  "failures": {"type": "integer", "description": "Connections that were lost or never came to be."},
                  "error": {"type": "string", "description": "Why the last one was."},
                  "playlist": {"type": "string", "description": "Where players of HLS find it."}
                }
              },
              "ICEServer": {
                "type": "object",
                "required": ["urls"],
                "properties": {
                  "urls": {"type": "array", "items": {"type": "string"}},
                  "username": {"type": "string"},
                  "credential": {"type": "string"}
                }
              },
              "Name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
              "Problem": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                  "type": {"type": "string"},
                  "title": {"type": "string"},
                  "status": {"type": "integer"},
                  "detail": {"type": "string"},
                  "place": {"type": "string"}
                }
              },
              "LayoutChoice": {
                "description": "A layout's name, or a layout as in a layout file, without images.",
                "anyOf": [{"type": "string", "minLength": 1, "maxLength": 200}, {"type": "object"}]
              },
              "View": {
                "type": "object",
                "required": ["withoutSelf"],
                "properties": {
                  "layout": {"type": "string"},
                  "pinned": {"type": "string"},
                  "withoutSelf": {"type": "boolean"}
                }
              },
              "ViewWish": {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "properties": {
                  "layout": {
                    "description": "Null for the room's own.",
                    "anyOf": [{"$ref": "#/components/schemas/LayoutChoice"}, {"type": "null"}]
                  },
                  "pinned": {
                    "type": ["string", "null"],
                    "minLength": 1,
                    "maxLength": 200,
                    "description": "Who takes the active speaker's place; null for whom the room has pinned."
                  },
                  "withoutSelf": {"type": "boolean"}
                }
              },
              "RoomSummary": {
                "type": "object",
                "required": ["name", "participants", "connected", "layout", "isRecorded", "age"],
                "properties": {
                  "name": {"$ref": "#/components/schemas/Name"},
                  "participants": {"type": "integer", "minimum": 0},
                  "connected": {"type": "integer", "minimum": 0},
                  "layout": {"type": "string"},
                  "isRecorded": {"type": "boolean"},
                  "age": {"type": "number"}
                }
              },
              "Room": {
                "type": "object",
                "required": ["name", "layout", "participants", "views", "recordings", "participantLimit", "age"],
                "properties": {
                  "name": {"$ref": "#/components/schemas/Name"},
                  "layout": {"type": "string"},
                  "pinned": {"type": "string"},
                  "activeSpeaker": {"type": "string"},
                  "participants": {"type": "array", "items": {"$ref": "#/components/schemas/Participant"}},
                  "views": {"type": "array", "items": {"type": "string"}},
                  "recordings": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": ["id", "since"],
                      "properties": {
                        "id": {"type": "string"},
                        "by": {"type": "string"},
                        "since": {"type": "number"},
                        "isPaused": {"type": "boolean"},
                        "isOutput": {"type": "boolean", "description": "The room goes out as a stream."}
                      }
                    }
                  },
                  "participantLimit": {"type": "integer", "minimum": 1},
                  "age": {"type": "number"}
                }
              },
              "Participant": {
                "type": "object",
                "required": [
                  "id", "name", "kind", "isConnected", "presence", "isMuted", "isCameraMuted", "mutedByHost", "hasCamera",
                  "isFrozen", "sharesScreen", "hasPoorNetwork", "age"
                ],
                "properties": {
                  "id": {"$ref": "#/components/schemas/Name"},
                  "name": {"type": "string"},
                  "role": {"type": "string"},
                  "kind": {"enum": ["session", "publish", "view"]},
                  "isConnected": {"type": "boolean"},
                  "presence": {"enum": ["joining", "present", "lost"]},
                  "isMuted": {"type": "boolean"},
                  "isCameraMuted": {"type": "boolean"},
                  "mutedByHost": {"type": "array", "items": {"enum": ["audio", "video"]}},
                  "hasCamera": {"type": "boolean"},
                  "isFrozen": {"type": "boolean"},
                  "sharesScreen": {"type": "boolean"},
                  "hasPoorNetwork": {"type": "boolean"},
                  "view": {"type": "string"},
                  "age": {"type": "number"}
                }
              },
              "Statistics": {
                "type": "object",
                "required": [
                  "bytesIn", "packetsOut", "framesOut", "resent", "lossIn", "lossOut", "quality", "layers"
                ],
                "properties": {
                  "bytesIn": {"type": "integer", "minimum": 0},
                  "packetsOut": {"type": "integer", "minimum": 0},
                  "framesOut": {"type": "integer", "minimum": 0},
                  "resent": {"type": "integer", "minimum": 0},
                  "lossIn": {"type": "number"},
                  "lossOut": {"type": "number"},
                  "roundTrip": {"type": "number"},
                  "tickP50": {"type": "number"},
                  "tickP99": {"type": "number"},
                  "soundDelay": {"type": "number"},
                  "quality": {"enum": ["good", "fair", "poor"]},
                  "estimate": {"type": "integer", "description": "Bits per second that the way there takes."},
                  "rendition": {"type": "string"},
                  "layers": {"type": "integer", "minimum": 0, "maximum": 3}
                }
              }
            }
        """#

    /// Refusals by status; each is a problem document.
    private static let responses = [
        (400, "What was sent cannot be read.", nil), (401, "No token, or one that is not good.", "WWW-Authenticate"),
        (403, "The token does not reach that far.", "WWW-Authenticate"), (404, "There is no such thing.", nil),
        (406, "The offer has no media that can be taken.", nil), (408, "The body did not come in time.", nil),
        (409, "Not in this state; nobody to be seen, or too many views.", "Retry-After"),
        (411, "A body comes with Content-Length.", nil), (412, "If-Match names another state.", nil),
        (413, "More than 64 KB of SDP, or 256 KB of JSON.", nil), (415, "Another Content-Type is expected.", nil),
        (416, "The file has no such bytes.", "Content-Range"), (422, "A field is wrong, missing or unknown.", nil),
        (426, "Only as a WebSocket.", "Upgrade"), (428, "If-Match is missing.", nil),
        (429, "Too many requests from one address.", "Retry-After"), (500, "The server failed.", nil),
        (501, "This service does not do that.", nil), (503, "No room for more at present.", "Retry-After"),
        (507, "The disk is full.", nil),
    ].map { (status: Int, description: String, header: String?) in
        let headers = header.map { #""headers": {"\#($0)": {"schema": {"type": "string"}}}, "# } ?? ""
        return #"      "\#(status)": {"description": "\#(description)", \#(headers)"content": "#
            + ##"{"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}"##
    }.joined(separator: ",\n")
}
