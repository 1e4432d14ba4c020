import Media
import Mixing
import Room
import Timing

/// What takes what is mixed in a room besides its participants: a recording, an output.
protocol RoomTap: AnyObject, Sendable {
    /// The name of its mark in the room.
    var id: String { get }
    /// On the frame clock: the view that it watches, which may be another by now.
    func follow(_ view: LiveView?)
    /// On the sound clock.
    func take(sound chunk: EncodedChunk)
    /// What has happened in the room; called under its lock.
    func note(_ events: [RoomEvent], in room: Room, participants: [LiveParticipant])
    /// What a tick knew of everybody's loudness.
    func note(levels facts: [MediaFacts], at time: MediaTime)
}

extension RoomTap {
    func note(levels facts: [MediaFacts], at time: MediaTime) {}
}
