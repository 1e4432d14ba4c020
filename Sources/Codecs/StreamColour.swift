import Media

/// What is known of a picture's colours, put together from the frame, the container and custom.
struct StreamColour {
    /// As the frame says; nil where it does not.
    var matrix: ColourDescription.Matrix?
    var range: ColourDescription.Range?

    /// The frame has the first word and the container the second. Where both are silent, VP8 and pictures of fewer
    /// than 720 lines are BT.601, others BT.709, all of limited range.
    func resolved(_ parameters: VideoParameters, size: PictureSize) -> ColourDescription {
        let isLarge = parameters.codec != .vp8 && min(size.width, size.height) >= 720
        return ColourDescription(
            matrix: matrix ?? parameters.colour?.matrix ?? (isLarge ? .bt709 : .bt601),
            range: range ?? parameters.colour?.range ?? .limited)
    }
}
