public import Compositor
public import Layout
public import Media
public import Timing

/// The picture half of the pipeline for one view: the stage is laid out, and the layout drawn. One thread uses it.
public final class ViewPipeline {
    private var engine: LayoutEngine
    private let canvas: CanvasSize
    private var images: [String: Picture]
    private let compositor: Compositor

    /// `images` are the layout's, by the names that it gives them; one that is missing is not drawn.
    public init(layout: Layout, canvas: CanvasSize, images: [String: Picture]) throws(CompositorError) {
        engine = LayoutEngine(layout)
        self.canvas = canvas
        self.images = images
        compositor = try Compositor(canvas: canvas)
    }

    /// How tiles are scaled from now on.
    public var scaling: ScalingQuality {
        get { compositor.scaling }
        set { if compositor.scaling != newValue { compositor.scaling = newValue } }
    }

    /// Goes on with another layout; tiles that both have move to their new places.
    public func change(to layout: Layout, images: [String: Picture]) {
        engine.layout = layout
        self.images = images
    }

    /// Who is where at `time`, which never goes back.
    public func layOut(_ stage: Stage, at time: MediaTime) -> Scene {
        engine.step(stage, canvas: canvas, at: time)
    }

    /// Draws the scene with the newest picture of each tile; images are the view's own.
    public func compose(
        _ scene: Scene, pictures: (TileContent) -> Picture?
    ) throws(CompositorError) -> Composite {
        try compositor.compose(scene) { content in
            if case .image(let name) = content { return images[name] }
            return pictures(content)
        }
    }
}
