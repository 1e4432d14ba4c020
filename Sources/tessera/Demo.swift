import Live

/// Participants who fill the room `demo` of a server in this process, over real connections on loopback.
final class Demo {
    static let room = "demo"
    private let crowd: LoadCrowd

    /// `folder` holds the samples. The participants stay until ``stop()``.
    init(server: LiveServer, participants: Int = 8, folder: String = "Samples") throws(CommandFailure) {
        let media = try LoadMedia.samples(in: folder)
        do {
            crowd = try LoadCrowd()
            for index in 0..<participants {
                let media = media[index % media.count]
                _ = try crowd.join(LoadOptions(name: media.name, media: media, decodes: false)) { offer in
                    try server.join(
                        JoinRequest(room: Demo.room, kind: .session, offer: offer, name: media.name)
                    ).answer
                }
            }
        } catch {
            throw .failed("the demo: \(error)")
        }
    }

    func stop() { crowd.stop() }
}
