extension OpenAPI {
    /// WHIP, WHEP and sessions.
    static let sessions =
        entrance("/whip/{room}", "publish", "publisher", "WHIP (RFC 9725): sends media into a room")
        + entrance("/whep/{room}", "watch", "viewer", "WHEP: receives a room's mix; 409 while nobody is there")
        + entrance(
            "/v1/rooms/{room}/sessions", "join", "session", "Sends media and receives the mix on one connection")
        + [
            Operation(
                .get, "/v1/rooms/{room}/ice-servers", "getICEServers",
                "STUN and TURN servers, with credentials that hold for a while",
                .json(
                    "As RTCConfiguration takes them.",
                    object(
                        required: ["iceServers"],
                        ##""iceServers": {"type": "array", "items": {"$ref": "#/components/schemas/ICEServer"}}"##))),
            Operation(
                .get, "/v1/rooms/{room}/sessions/{session}/view", "getView", "What this session watches",
                .json("Its choice; fields that are missing are the room's.", "View"), refusals: [409]),
            Operation(
                .put, "/v1/rooms/{room}/sessions/{session}/view", "setView",
                "Changes what this session watches; what is not named stays", .done, body: .json(schema("ViewWish")),
                refusals: [409, 503]),
            Operation(
                .patch, "/v1/rooms/{room}/sessions/{session}/view", "changeView",
                "As PUT", .done, body: .json(schema("ViewWish")),
                refusals: [409, 503]),
            Operation(
                .get, "/v1/rooms/{room}/sessions/{session}/statistics", "statistics", "The session's quality",
                .json("Figures.", "Statistics")),
        ]

    /// What makes sessions, and the sessions.
    private static func entrance(_ path: String, _ join: String, _ one: String, _ summary: String) -> [Operation] {
        let fragment = "application/trickle-ice-sdpfrag"
        return [
            Operation(
                .post, path, join, summary,
                .text(
                    "The answer.", type: "application/sdp", status: 201,
                    headers: [
                        ("Location", "The session."), ("ETag", "Of the ICE session, for If-Match."),
                        ("Link", "ICE servers, each with rel=\"ice-server\"."), ("Accept-Patch", fragment),
                    ]),
                body: .text("application/sdp"), parameters: ["name", "view", "rendition"],
                refusals: [406, 409, 422, 500, 503]),
            Operation(
                .patch, path + "/{session}", one + "Patch", "Candidates, or a restart of ICE with If-Match: *",
                .text("ICE restarted: new credentials.", type: fragment, headers: [("ETag", "The new one.")]),
                Answer(status: 204, description: "Taken."), body: .text(fragment), parameters: ["iceMatch"],
                refusals: [412, 428]),
            Operation(
                .delete, path + "/{session}", one + "Delete", "Leaves", Answer(status: 200, description: "Gone.")),
        ]
    }
}
