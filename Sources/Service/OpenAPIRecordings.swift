extension OpenAPI {
    /// Recordings.
    static let recordings =
        [
            Operation(
                .get, "/v1/rooms/{room}/recordings", "listRecordingsOfRoom", "Recordings of a room",
                .list("The newest first.", "Recording"), refusals: [501]),
            Operation(
                .post, "/v1/rooms/{room}/recordings", "startRecording",
                "Starts a recording; a room has one at a time. Needs the grant record, as all that follows",
                .created("It has begun.", "Recording"), body: .json(schema("RecordingRequest"), isRequired: false),
                refusals: [409, 501, 507]),
            Operation(
                .get, "/v1/recordings", "listRecordings", "All recordings, for tokens of all rooms",
                .list("The newest first.", "Recording"), refusals: [501]),
            Operation(
                .get, recording, "getRecording", "One of them", .json("The recording.", "Recording"),
                refusals: [501]),
            Operation(
                .delete, recording, "deleteRecording", "Deletes it and its files; needs the grant admin", .done,
                refusals: [409, 501]),
            act("pause", "Rests, within the same file"), act("resume", "Goes on, without a hole"),
            act("stop", "Ends it; its state is finished once its files are whole"),
            Operation(
                .post, recording + "/marks", "markRecording", "Begins a chapter", .done,
                body: .json(
                    object(required: ["title"], #""title": {"type": "string", "minLength": 1, "maxLength": 64}"#)),
                refusals: [409, 501]),
            Operation(
                .post, recording + "/url", "signRecording", "A link that needs no token, good for an hour",
                .json(
                    "The link.",
                    object(required: ["url", "expires"], #""url": {"type": "string"}, "expires": {"type": "integer"}"#)
                ), refusals: [501]),
            file(recording + "/file", "getRecordingFile", "A whole file, or one range of it"),
            file(recording + "/files/{file}", "getRecordingFileByName", "A whole file, or one range of it"),
        ]

    private static let recording = "/v1/recordings/{recording}"

    private static func act(_ verb: String, _ summary: String) -> Operation {
        Operation(
            .post, "\(recording)/\(verb)", verb + "Recording", summary, .json("The recording.", "Recording"),
            refusals: [409, 501])
    }

    static func file(_ path: String, _ name: String, _ summary: String) -> Operation {
        let bytes = ("*/*", #"{"type": "string", "format": "binary"}"#)
        return Operation(
            .get, path, name, summary,
            Answer(status: 200, description: "All of it.", content: bytes, headers: [("ETag", "For If-Range.")]),
            Answer(
                status: 206, description: "The range.", content: bytes,
                headers: [("Content-Range", "bytes FIRST-LAST/SIZE")]),
            .unchanged, parameters: ["range", "ifRange", "ifNoneMatch", "expires", "signature"],
            refusals: [409, 416, 501], entry: .tokenOrLink)
    }
}
