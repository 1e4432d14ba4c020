/// Paths and schemas of archive jobs.
extension OpenAPI {
    static let archive = [
        Operation(
            .get, "/v1/archive/jobs", "listArchiveJobs",
            "Archive jobs, the newest first; without `room` those of all rooms, for a token that opens all",
            .list("The jobs.", "ArchiveJob"), parameters: ["ofRoom", "inState"], refusals: [501]),
        Operation(
            .post, "/v1/archive/jobs", "submitArchiveJob",
            "Composites a recorded session; needs the grant record of its room", .created("Queued.", "ArchiveJob"),
            body: .json(schema("ArchiveRequest")), refusals: [409, 501]),
        Operation(
            .get, job, "getArchiveJob", "How far it is, and what became of it", .json("The job.", "ArchiveJob"),
            refusals: [501]),
        Operation(
            .delete, job, "endArchiveJob",
            "Cancels a job that has not ended; takes one away that has, with its file, for the grant admin",
            .json("It is cancelled.", "ArchiveJob"), Answer(status: 204, description: "It is gone."),
            refusals: [409, 501]),
        Operation(
            .post, job + "/url", "signArchiveFile", "A link to its file that needs no token, good for an hour",
            .json("The link.", "SignedLink"), refusals: [501]),
        file(job + "/file", "getArchiveFile", "The composite, or one range of it"),
    ]

    private static let job = "/v1/archive/jobs/{job}"

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
