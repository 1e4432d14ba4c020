import Codecs
import Containers
import Media
import Mixing
import Timing

/// Joins the spools of an archive job into one file, without encoding anything again.
struct ChunkJoin {
    let plan: ArchivePlan
    let pictures: [String]
    let sound: String
    let cancel: CancelFlag

    /// Writes `path`; what is there under that name is replaced.
    func write(to path: String) throws(ArchiveError) -> FileWriter.Finished {
        // The parameters are those of the encoders, which are the same for all chunks.
        let video = try PictureChunk.rendition(plan).encoder.parameters
        let encoder = try SoundPass.encoder(plan)
        var options = FileWriter.Options()
        options.overwrite = true
        options.title = plan.session.title
        options.creationTime = plan.session.started.map { $0 + Int64(plan.start.seconds) }
        do {
            let writer = try FileWriter(path: path, video: video, sound: encoder.parameters, options: options)
            do {
                try fill(writer)
                return try writer.finish()
            } catch {
                writer.discard()
                throw error
            }
        } catch let error as ArchiveError {
            throw error
        } catch let error as ContainerError {
            throw ArchiveError(error)
        } catch {
            throw ArchiveError(.failed, "\(error)")
        }
    }

    private func fill(_ writer: FileWriter) throws {
        for marker in plan.session.markers where marker.at >= plan.start && marker.at < plan.start + plan.duration {
            writer.addChapter(Chapter(start: marker.at - plan.start, title: marker.title))
        }
        guard let heard = ChunkSpool.Reader(sound) else { throw lost(sound) }
        var nextSound = heard.next()
        for path in pictures {
            guard let seen = ChunkSpool.Reader(path) else { throw lost(path) }
            while let picture = seen.next() {
                if cancel.isSet { throw ArchiveError(.cancelled, "was stopped") }
                while let sound = nextSound, sound.decodeTime <= picture.decodeTime {
                    try writer.write(sound, to: .sound)
                    nextSound = heard.next()
                }
                try writer.write(picture, to: .video)
            }
            guard seen.contents != nil else { throw lost(path) }
        }
        while let sound = nextSound {
            try writer.write(sound, to: .sound)
            nextSound = heard.next()
        }
        guard heard.contents != nil else { throw lost(sound) }
    }

    private func lost(_ path: String) -> ArchiveError {
        ArchiveError(.failed, "\(path): a finished piece of the job is damaged; submit the job anew")
    }
}
