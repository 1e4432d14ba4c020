extension OpenAPI {
    /// Rooms and who is in them.
    static let rooms = [
        Operation(
            .post, "/v1/rooms", "createRoom", "Makes a room, which stays for a while when nobody is in it",
            .created("The room.", "Room"),
            body: .json(
                object(
                    required: ["name"],
                    ##""name": {"$ref": "#/components/schemas/Name"}"##,
                    #""participantLimit": {"type": "integer", "minimum": 1, "maximum": 10000}"#, layoutField,
                    #""allowsOwnUnmute": {"type": "boolean", "description": "#
                        + #""Whether somebody whom a host has muted may unmute themselves."}"#)),
            refusals: [409, 503]),
        Operation(
            .get, "/v1/rooms", "listRooms", "Open rooms by name",
            .list("A page.", "RoomSummary", headers: [("Link", "The next page, with rel=\"next\".")]),
            parameters: ["limit", "after"]),
        Operation(
            .patch, "/v1/rooms/{room}", "changeRoom", "Changes its layout, or whom it pins",
            .json("The room as it is then.", "Room"),
            body: .json(
                object(
                    least: 1, layoutField,
                    #""pinned": {"type": ["string", "null"], "minLength": 1, "maxLength": 200}"#)),
            refusals: [409, 503]),
        Operation(.get, "/v1/rooms/{room}", "getRoom", "A room with its participants", .json("The room.", "Room")),
        Operation(.delete, "/v1/rooms/{room}", "closeRoom", "Says goodbye to everybody", .done),
        Operation(
            .get, "/v1/rooms/{room}/participants", "listParticipants", "Who is there",
            .list("All of them.", "Participant")),
        Operation(
            .get, person, "getParticipant", "One of them", .json("The participant.", "Participant")),
        Operation(
            .patch, person, "changeParticipant", "Mutes or unmutes, gives a role, or changes what they watch", .done,
            body: .json(
                object(
                    least: 1, #""muted": {"type": "boolean", "description": "The microphone."}"#,
                    #""cameraMuted": {"type": "boolean"}"#,
                    #""role": {"type": ["string", "null"], "minLength": 1, "maxLength": 64}"#,
                    ##""view": {"$ref": "#/components/schemas/ViewWish"}"##)),
            refusals: [409, 503]),
        Operation(.delete, person, "removeParticipant", "Sends them out", .done),
        Operation(.post, person + "/mute", "mute", "Mutes", .done),
        Operation(.post, person + "/unmute", "unmute", "Unmutes", .done),
        Operation(
            .get, "/v1/rooms/{room}/layout", "getLayout", "The room's layout",
            .json(
                "The layout.", object(required: ["layout"], layoutField),
                headers: [("ETag", "For If-Match and If-None-Match.")]),
            .unchanged, parameters: ["ifNoneMatch"]),
        Operation(
            .put, "/v1/rooms/{room}/layout", "setLayout", "Changes it for all who have not chosen another", .done,
            body: .json(object(required: ["layout"], layoutField)), parameters: ["ifMatch"],
            refusals: [409, 412, 503]),
        Operation(
            .patch, "/v1/rooms/{room}/layout", "changeLayout", "As PUT", .done,
            body: .json(object(required: ["layout"], layoutField)), parameters: ["ifMatch"],
            refusals: [409, 412, 503]),
        Operation(
            .get, "/v1/rooms/{room}/views", "listViews", "Layouts that are composited at present",
            .list("Their names.", #"{"type": "string"}"#)),
        Operation(
            .put, "/v1/rooms/{room}/pin", "pin", "Puts a participant in the active speaker's place", .done,
            body: .json(
                object(
                    required: ["participant"],
                    #""participant": {"type": "string", "minLength": 1, "maxLength": 200}"#))),
        Operation(.delete, "/v1/rooms/{room}/pin", "unpin", "Nobody is pinned any more", .done),
    ]

    /// What tells of the service.
    static let service = [
        Operation(
            .get, "/v1/layouts", "listLayouts", "Names of layouts", .list("Names.", #"{"type": "string"}"#),
            entry: .everybody),
        Operation(
            .get, "/metrics", "metrics", "Figures in Prometheus's text format", .text("Metrics."), entry: .everybody),
        Operation(.get, "/healthz", "alive", "Whether the process answers", .text("It does."), entry: .everybody),
        Operation(
            .get, "/readyz", "ready", "Whether somebody could be let in", .text("Yes."), refusals: [503],
            entry: .everybody),
        Operation(
            .get, "/ws", "signal",
            "WebSocket: joining, events, hosts' wishes and chat, as /ws-schema.json describes them",
            Answer(
                status: 101, description: "JSON messages; the first is join, resume or watch, and carries the token."),
            refusals: [426], entry: .everybody),
        Operation(
            .get, "/ws-schema.json", "describeMessages", "The messages of /ws",
            Answer(
                status: 200, description: "JSON Schema.",
                content: ("application/schema+json", #"{"type": "object"}"#)), entry: .everybody),
        Operation(
            .get, "/openapi.json", "describe", "This document", .json("OpenAPI 3.1.", #"{"type": "object"}"#),
            entry: .everybody),
    ]

    private static let person = "/v1/rooms/{room}/participants/{participant}"
    private static let layoutField = ##""layout": {"$ref": "#/components/schemas/LayoutChoice"}"##

    /// The schema of an object with these fields and no others.
    static func object(required: [String] = [], least: Int? = nil, _ fields: String...) -> String {
        var text = #"{"type": "object", "additionalProperties": false, "#
        if !required.isEmpty { text += #""required": [\#(required.map { "\"\($0)\"" }.joined(separator: ", "))], "# }
        if let least { text += #""minProperties": \#(least), "# }
        return text + #""properties": {\#(fields.joined(separator: ", "))}}"#
    }
}
