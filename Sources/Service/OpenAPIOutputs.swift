extension OpenAPI {
    /// What goes out of rooms.
    static let outputs = [
        Operation(
            .get, "/v1/rooms/{room}/outputs", "listOutputs", "What goes out of the room; needs the grant record",
            .list("The oldest first.", "Output"), refusals: [501]),
        Operation(
            .post, "/v1/rooms/{room}/outputs", "startOutput",
            "Sends a view out: as HLS from here, or to a target that the configuration names",
            .created("It has begun.", "Output"),
            body: .json(
                object(
                    required: ["target"],
                    #""target": {"type": "string", "minLength": 1, "maxLength": 200, "description": "hls, or a name."}"#,
                    #""layout": {"type": "string", "minLength": 1, "maxLength": 200}"#,
                    #""rendition": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Such as 360p30."}"#
                )), refusals: [409, 501, 507]),
        Operation(
            .get, "/v1/rooms/{room}/outputs/{output}", "getOutput", "One of them", .json("The output.", "Output"),
            refusals: [501]),
        Operation(
            .delete, "/v1/rooms/{room}/outputs/{output}", "stopOutput", "Ends it", .done, refusals: [501]),
        Operation(
            .get, "/hls/{stream}/{segment}", "getStream", "A playlist, or what it names",
            Answer(
                status: 200, description: "The file.", content: ("*/*", #"{"type": "string", "format": "binary"}"#)),
            refusals: [404], entry: .everybody),
    ]
}
