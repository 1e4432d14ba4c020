public import Timing

/// A recording that watches a view, and so keeps it alive while nobody else does.
public struct Recorder: Sendable, Equatable {
    public let id: String
    public internal(set) var choice: ViewChoice
    /// What it is recorded from.
    public internal(set) var view: ViewID?
}

extension Room {
    /// Begins a recording, which everybody sees. With a choice it watches a view as a viewer does; without, it has nothing
    /// to do with views. Throws if the room is closed or recorded already, or if that is a view too many.
    public mutating func record(
        _ id: String, by name: String?, choice: ViewChoice?, now: MediaTime
    ) throws(RoomError) -> RoomOutcome {
        if isClosed { throw RoomError(code: .closed, description: "the room is closed") }
        if let running = recordings.first(where: { !$0.isOutput }) {
            throw RoomError(
                code: .alreadyRecorded,
                description: "the room is being recorded already, as '\(running.id)'; stop that first")
        }
        var outcome = RoomOutcome()
        var next = self
        if let choice {
            next.recorders.append(Recorder(id: id, choice: choice))
            try next.arrangeViews(&outcome)
        }
        next.recordings.append(RecordingMark(id: id, by: name, since: now))
        self = next
        outcome.note(.recording(recordings), now)
        return outcome
    }

    /// Begins to send a view out, which everybody sees. Of one room there may be several. Throws if the room is closed, or
    /// if that is a view too many.
    public mutating func sendOut(
        _ id: String, by name: String?, choice: ViewChoice, now: MediaTime
    ) throws(RoomError) -> RoomOutcome {
        if isClosed { throw RoomError(code: .closed, description: "the room is closed") }
        var outcome = RoomOutcome()
        var next = self
        next.recorders.append(Recorder(id: id, choice: choice))
        try next.arrangeViews(&outcome)
        var mark = RecordingMark(id: id, by: name, since: now)
        mark.isOutput = true
        next.recordings.append(mark)
        self = next
        outcome.note(.recording(recordings), now)
        return outcome
    }

    /// Shows everybody that a recording rests, or goes on.
    public mutating func recordingPaused(
        _ id: String, _ isPaused: Bool, now: MediaTime
    ) throws(RoomError) -> RoomOutcome {
        guard let place = recordings.firstIndex(where: { $0.id == id }) else {
            throw RoomError(code: .unknownRecording, description: "there is no recording '\(id)' under way")
        }
        var outcome = RoomOutcome()
        guard recordings[place].isPaused != isPaused else { return outcome }
        recordings[place].isPaused = isPaused
        outcome.note(.recording(recordings), now)
        return outcome
    }
}
