import Layout

/// Heights in pixels at which a view shows its sources: the tallest of each one's tiles. Simulcast layers are chosen by
/// them.
struct WishedHeights {
    private(set) var heights: [TileContent: Int] = [:]

    /// Takes note of what `scene` shows.
    mutating func note(_ scene: Scene) {
        heights.removeAll(keepingCapacity: true)
        for tile in scene.tiles {
            // Of a wide picture that fills or fits the tile.
            let byWidth = tile.rect.width * 9 / 16
            let height = tile.fit == .cover ? max(tile.rect.height, byWidth) : min(tile.rect.height, byWidth)
            heights[tile.content] = max(height, heights[tile.content] ?? 0)
        }
    }

    /// Tells the sources of `participants` what all of `views` want of them.
    static func tell(_ participants: [LiveParticipant], of views: [WishedHeights]) {
        for participant in participants {
            guard let camera = participant.camera else { continue }
            let content = TileContent.camera(participant: participant.id)
            let wished = views.lazy.compactMap { $0.heights[content] }.max()
            // What is shown nowhere keeps the layer it had.
            if let wished { camera.wishedHeight = wished }
        }
    }
}
