public import Layout
public import Media
public import Timing

/// Pictures of scenes without media: participants are ``TestCard``s, screen shares ``TestSlide``s.
public final class ScenePreview {
    /// When people on test cards look friendly.
    public static let usualTime = MediaTime.milliseconds(1500)

    private var cards: [String: TestCard] = [:]
    private var slides: [String: Picture] = [:]
    private let cardSize: PictureSize

    /// `cardSize` is that of the participants' pictures.
    public init(cardSize: PictureSize = PictureSize(width: 640, height: 360)) {
        self.cardSize = cardSize
    }

    /// The drawn picture of a tile's content at `time`; nil for images and for what has no picture. A participant's
    /// index is the number at the end of their id less one («p3» is 2), or else the order in which they were first
    /// asked for.
    public func picture(_ content: TileContent, at time: MediaTime = .zero) -> Picture? {
        switch content {
        case .camera(let participant):
            return card(participant).picture(at: time)
        case .screen(let participant):
            if let slide = slides[participant] { return slide }
            let slide = TestSlide.picture(size: PictureSize(width: 1280, height: 720))
            slides[participant] = slide
            return slide
        case .avatar, .image, .overflow, .nothing:
            return nil
        }
    }

    private func card(_ participant: String) -> TestCard {
        if let card = cards[participant] { return card }
        let digits = participant.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()
        let number = Int(String(digits)).flatMap { (1...1_000_000).contains($0) ? $0 - 1 : nil }
        let card = TestCard(index: number ?? cards.count, size: cardSize)
        cards[participant] = card
        return card
    }

    /// Draws `scene` with test cards, and images from `images` by their names.
    public func draw(
        _ scene: Scene, at time: MediaTime = .zero, images: (String) -> Picture? = { _ in nil }
    ) throws(CompositorError) -> Picture {
        let compositor = try Compositor(canvas: scene.canvas)
        return try compositor.compose(scene) { content in
            if case .image(let name) = content { return images(name) }
            return picture(content, at: time)
        }.picture
    }

    /// Draws `scene` with test cards into a PNG file at `path`, which is replaced if it exists. Throws
    /// ``CompositorError`` or ``PNGError``.
    public static func write(
        _ scene: Scene, to path: String, at time: MediaTime = usualTime,
        images: (String) -> Picture? = { _ in nil }
    ) throws {
        try PNGWriter.write(ScenePreview().draw(scene, at: time, images: images), to: path)
    }
}
