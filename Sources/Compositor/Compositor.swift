public import Layout
public import Media

/// Draws scenes: one I420 picture a tick, of which only what changed is drawn.
///
/// Used by one thread at a time. Pictures that it hands out are frozen as any others; memory of those that nobody holds
/// any more is written again.
public final class Compositor {
    public let canvas: CanvasSize
    public let colour: ColourDescription

    private let ring: CanvasRing
    private let scaler: PictureScaler
    private let stack: LayerStack
    private let painter: TilePainter
    private let artist: Artist
    private let empty: MacroblockMap
    private var overwritten: MacroblockMap
    private var backdrop: Backdrop?
    private var backdropPicture: Picture?
    private var backdropPatch: Patch?

    /// What may be changed at any time, for instance when time is short; tiles take it on as they are drawn.
    public var scaling: ScalingQuality {
        get { scaler.quality }
        set { scaler.quality = newValue }
    }

    /// `canvas` has even sides of 16 to 16,384 pixels.
    public init(
        canvas: CanvasSize, colour: ColourDescription = .bt601Limited, scaling: ScalingQuality = .fine
    ) throws(CompositorError) {
        let sides = 16...16_384
        guard sides.contains(canvas.width), sides.contains(canvas.height), canvas.width % 2 == 0,
            canvas.height % 2 == 0
        else {
            throw CompositorError(
                code: .badCanvas,
                description:
                    "a canvas of \(canvas.width)x\(canvas.height) cannot be drawn: both sides must be even, 16 to 16384"
            )
        }
        self.canvas = canvas
        self.colour = colour
        let size = PictureSize(width: canvas.width, height: canvas.height)
        scaler = PictureScaler(quality: scaling)
        ring = CanvasRing(size: size)
        artist = Artist(colour: colour, scaler: scaler)
        stack = LayerStack(size: size, artist: artist)
        painter = TilePainter(colour: colour, scaler: scaler)
        empty = MacroblockMap(size: size)
        overwritten = empty
    }

    /// Draws `scene`. `pictures` is asked once for each tile that may have a picture (and for the background image and
    /// the watermark as `.image`) and gives its newest one, or nil; a picture that is the same object as last time is
    /// taken to be unchanged. Whatever lies outside the canvas or has no size is passed over.
    public func compose(
        _ scene: Scene, pictures: (TileContent) -> Picture?
    ) throws(CompositorError) -> Composite {
        guard scene.canvas == canvas else {
            throw CompositorError(
                code: .otherCanvas,
                description: "a scene of \(scene.canvas.width)x\(scene.canvas.height) was given to a compositor of "
                    + "\(canvas.width)x\(canvas.height)")
        }
        let image = scene.background.image.flatMap { pictures(.image($0)) }
        let isFirst = ring.newestPicture == nil
        let backgroundChanged = isFirst || backdrop != scene.background || backdropPicture !== image
        if backgroundChanged {
            backdrop = scene.background
            backdropPicture = image
            backdropPatch = image.map { artist.backdrop($0, size: canvas) }
        }
        stack.begin(backgroundChanged: backgroundChanged)
        stack.update(to: scene, pictures: pictures)
        var statistics = CompositeStatistics()
        for layer in stack.layers {
            if layer.isRedrawn { statistics.tilesDrawn += 1 } else { statistics.tilesReused += 1 }
        }
        if !stack.needsDrawing, let picture = ring.newestPicture {
            return Composite(picture: picture, changed: empty, isUnchanged: true, statistics: statistics)
        }
        let picture = draw(scene.background.colour)
        return Composite(
            picture: picture, changed: stack.changed, isUnchanged: false, statistics: statistics)
    }

    private func draw(_ background: Colour) -> Picture {
        overwritten.setAll(false)
        stack.markOverwritten(in: &overwritten)
        let canvas = ring.next(overwritten: overwritten)
        let planes = TargetPlanes(canvas)
        for layer in stack.previous.reversed() where layer.isRedrawn || !layer.isKept {
            layer.saved.restore(to: planes)
        }
        for rect in stack.damage { drawBackdrop(background, rect, on: planes) }
        for layer in stack.layers where layer.isRedrawn { painter.draw(layer, on: planes) }
        stack.forgetPrevious()
        return ring.finish(canvas, colour: colour, changed: stack.changed)
    }

    private func drawBackdrop(_ background: Colour, _ rect: PixelRect, on planes: TargetPlanes) {
        // There is nothing below the background, so its own alpha has no meaning.
        var opaque = colour.sample(background)
        opaque.alpha = 255
        painter.fill(rect, opaque, on: planes)
        backdropPatch?.draw(on: planes, x: 0, y: 0, clip: rect)
    }
}
