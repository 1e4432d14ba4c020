/// The messages of `/ws` as JSON Schema, served as `/ws-schema.json`.
enum SocketSchema {
    static let document = #"""
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "Tessera: messages of /ws",
          "description": "Text frames of at most 256 KB, a JSON object each. The first message is join, resume or watch within 10 seconds. An answer has the id of its request. Close codes: 1003 binary, 1007 not UTF-8, 1008 too many messages, 1009 too long, 4401 no entry, 4408 no first message, 4409 resumed elsewhere, 4429 events not read in time.",
          "oneOf": [{"$ref": "#/$defs/request"}, {"$ref": "#/$defs/answer"}, {"$ref": "#/$defs/event"}],
          "$defs": {
            "id": {"type": "string", "minLength": 1, "maxLength": 64},
            "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
            "request": {
              "oneOf": [
                {
                  "description": "Joins with media; answered by joined.",
                  "type": "object",
                  "required": ["type", "room", "offer"],
                  "properties": {
                    "type": {"const": "join"},
                    "id": {"$ref": "#/$defs/id"},
                    "token": {"type": "string", "maxLength": 4096},
                    "room": {"$ref": "#/$defs/name"},
                    "kind": {"enum": ["session", "publish", "view"], "default": "session"},
                    "offer": {"type": "string", "maxLength": 65536, "description": "SDP."},
                    "name": {"type": "string", "maxLength": 64},
                    "view": {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 200}, {"type": "object"}]},
                    "rendition": {"type": "string"},
                    "withoutSelf": {"type": "boolean"}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Takes up a session that was joined on another connection, or over HTTP; answered by resumed.",
                  "type": "object",
                  "required": ["type", "room", "session"],
                  "properties": {
                    "type": {"const": "resume"},
                    "id": {"$ref": "#/$defs/id"},
                    "token": {"type": "string", "maxLength": 4096},
                    "room": {"$ref": "#/$defs/name"},
                    "session": {"type": "string"},
                    "after": {"type": "integer", "minimum": 0, "description": "The last chat message that came; those after it are sent again."}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Follows a room without being in it; answered by watching.",
                  "type": "object",
                  "required": ["type", "room"],
                  "properties": {
                    "type": {"const": "watch"},
                    "id": {"$ref": "#/$defs/id"},
                    "token": {"type": "string", "maxLength": 4096},
                    "room": {"$ref": "#/$defs/name"}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Ends the session and the connection.",
                  "type": "object",
                  "required": ["type"],
                  "properties": {"type": {"const": "leave"}, "id": {"$ref": "#/$defs/id"}},
                  "additionalProperties": false
                },
                {
                  "description": "A candidate of the client. Those of the service are in its answer, and in what answers a restart.",
                  "type": "object",
                  "required": ["type", "candidate"],
                  "properties": {
                    "type": {"const": "candidate"},
                    "id": {"$ref": "#/$defs/id"},
                    "candidate": {"type": "string", "pattern": "^candidate:", "maxLength": 1000},
                    "mid": {"type": "string"}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Restarts ICE; answered by restarted.",
                  "type": "object",
                  "required": ["type", "fragment"],
                  "properties": {
                    "type": {"const": "restart"},
                    "id": {"$ref": "#/$defs/id"},
                    "fragment": {"type": "string", "maxLength": 16384, "description": "As in RFC 9725, section 4.3.2."}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Oneself, or as a host the participant that is named.",
                  "type": "object",
                  "required": ["type", "media", "muted"],
                  "properties": {
                    "type": {"const": "mute"},
                    "id": {"$ref": "#/$defs/id"},
                    "media": {"enum": ["audio", "video"]},
                    "muted": {"type": "boolean"},
                    "participant": {"$ref": "#/$defs/name"}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Changes what one watches, or as a host what the participant watches; what is not named stays.",
                  "type": "object",
                  "required": ["type"],
                  "properties": {
                    "type": {"const": "view"},
                    "id": {"$ref": "#/$defs/id"},
                    "layout": {
                      "anyOf": [{"type": "string", "minLength": 1, "maxLength": 200}, {"type": "object"}, {"type": "null"}],
                      "description": "Null for the room's own."
                    },
                    "pinned": {"type": ["string", "null"]},
                    "withoutSelf": {"type": "boolean"},
                    "participant": {"$ref": "#/$defs/name"}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Who is seen at that place of one's picture, from its upper left; answered by picked.",
                  "type": "object",
                  "required": ["type", "x", "y"],
                  "properties": {
                    "type": {"const": "pick"},
                    "id": {"$ref": "#/$defs/id"},
                    "x": {"type": "number", "minimum": 0, "maximum": 1},
                    "y": {"type": "number", "minimum": 0, "maximum": 1}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "To all in the room; one a second, five at once.",
                  "type": "object",
                  "required": ["type", "text"],
                  "properties": {
                    "type": {"const": "chat"},
                    "id": {"$ref": "#/$defs/id"},
                    "text": {"type": "string", "minLength": 1, "maxLength": 2000}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "Answered by statistics.",
                  "type": "object",
                  "required": ["type"],
                  "properties": {"type": {"const": "statistics"}, "id": {"$ref": "#/$defs/id"}},
                  "additionalProperties": false
                },
                {
                  "description": "Hosts only, as are role, layout and pin.",
                  "type": "object",
                  "required": ["type", "participant"],
                  "properties": {
                    "type": {"const": "remove"},
                    "id": {"$ref": "#/$defs/id"},
                    "participant": {"$ref": "#/$defs/name"}
                  },
                  "additionalProperties": false
                },
                {
                  "type": "object",
                  "required": ["type", "participant", "role"],
                  "properties": {
                    "type": {"const": "role"},
                    "id": {"$ref": "#/$defs/id"},
                    "participant": {"$ref": "#/$defs/name"},
                    "role": {"type": ["string", "null"]}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "The room's own.",
                  "type": "object",
                  "required": ["type", "layout"],
                  "properties": {
                    "type": {"const": "layout"},
                    "id": {"$ref": "#/$defs/id"},
                    "layout": {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 200}, {"type": "object"}]}
                  },
                  "additionalProperties": false
                },
                {
                  "description": "For all who have pinned nobody themselves.",
                  "type": "object",
                  "required": ["type", "participant"],
                  "properties": {
                    "type": {"const": "pin"},
                    "id": {"$ref": "#/$defs/id"},
                    "participant": {"type": ["string", "null"]}
                  },
                  "additionalProperties": false
                }
              ]
            },
            "answer": {
              "oneOf": [
                {
                  "description": "It is done.",
                  "type": "object",
                  "required": ["type"],
                  "properties": {
                    "type": {"const": "ok"},
                    "id": {"$ref": "#/$defs/id"},
                    "view": {"$ref": "/openapi.json#/components/schemas/View"}
                  }
                },
                {
                  "description": "It was refused.",
                  "type": "object",
                  "required": ["type", "status", "detail"],
                  "properties": {
                    "type": {"const": "error"},
                    "id": {"$ref": "#/$defs/id"},
                    "status": {"type": "integer", "description": "As of HTTP."},
                    "detail": {"type": "string"},
                    "place": {"type": "string"},
                    "retryAfter": {"type": "integer"}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "session", "participant", "answer", "grants", "iceServers", "room"],
                  "properties": {
                    "type": {"const": "joined"},
                    "id": {"$ref": "#/$defs/id"},
                    "session": {"type": "string"},
                    "participant": {"$ref": "#/$defs/name"},
                    "answer": {"type": "string"},
                    "grants": {"type": "array", "items": {"enum": ["publish", "subscribe", "record", "admin"]}},
                    "lastChat": {"type": "integer", "minimum": 0, "description": "The number of the last chat message."},
                    "iceServers": {"type": "array", "items": {"$ref": "/openapi.json#/components/schemas/ICEServer"}},
                    "room": {"$ref": "/openapi.json#/components/schemas/Room"}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "participant", "grants", "room"],
                  "properties": {
                    "type": {"const": "resumed"},
                    "iceServers": {"type": "array", "items": {"$ref": "/openapi.json#/components/schemas/ICEServer"}},
                    "id": {"$ref": "#/$defs/id"},
                    "participant": {"$ref": "#/$defs/name"},
                    "grants": {"type": "array", "items": {"enum": ["publish", "subscribe", "record", "admin"]}},
                    "lastChat": {"type": "integer", "minimum": 0, "description": "The number of the last chat message."},
                    "room": {"$ref": "/openapi.json#/components/schemas/Room"}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "grants", "room"],
                  "properties": {
                    "type": {"const": "watching"},
                    "id": {"$ref": "#/$defs/id"},
                    "grants": {"type": "array", "items": {"enum": ["publish", "subscribe", "record", "admin"]}},
                    "room": {"$ref": "/openapi.json#/components/schemas/Room"}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "fragment"],
                  "properties": {"type": {"const": "restarted"}, "id": {"$ref": "#/$defs/id"}, "fragment": {"type": "string"}}
                },
                {
                  "type": "object",
                  "required": ["type", "participant"],
                  "properties": {
                    "type": {"const": "picked"},
                    "id": {"$ref": "#/$defs/id"},
                    "participant": {"type": ["string", "null"]}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "statistics"],
                  "properties": {
                    "type": {"const": "statistics"},
                    "id": {"$ref": "#/$defs/id"},
                    "statistics": {"$ref": "/openapi.json#/components/schemas/Statistics"}
                  }
                }
              ]
            },
            "event": {
              "oneOf": [
                {
                  "type": "object",
                  "required": ["type", "room", "time", "participant"],
                  "properties": {
                    "type": {"const": "participant-joined"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "participant": {"$ref": "/openapi.json#/components/schemas/Participant"}
                  }
                },
                {
                  "description": "Role, mutes, presence, camera or screen are others now.",
                  "type": "object",
                  "required": ["type", "room", "time", "participant"],
                  "properties": {
                    "type": {"const": "participant-changed"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "participant": {"$ref": "/openapi.json#/components/schemas/Participant"}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "room", "time", "participant", "reason"],
                  "properties": {
                    "type": {"const": "participant-left"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "participant": {"$ref": "/openapi.json#/components/schemas/Participant"},
                    "reason": {"enum": ["left", "removed", "closed"]}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "room", "time", "participant"],
                  "properties": {
                    "type": {"const": "active-speaker"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "participant": {"type": ["string", "null"]}
                  }
                },
                {
                  "description": "The room's own.",
                  "type": "object",
                  "required": ["type", "room", "time", "layout"],
                  "properties": {
                    "type": {"const": "layout"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "layout": {"type": "string"}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "room", "time", "participant"],
                  "properties": {
                    "type": {"const": "pinned"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "participant": {"type": ["string", "null"]}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "room", "time", "participant", "view"],
                  "properties": {
                    "type": {"const": "view"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "participant": {"$ref": "#/$defs/name"},
                    "view": {"$ref": "/openapi.json#/components/schemas/View"}
                  }
                },
                {
                  "description": "What one viewer is sent from now on; no rendition is sound alone, 0 layers are single pictures.",
                  "type": "object",
                  "required": ["type", "room", "time", "participant", "rendition", "layers", "reason"],
                  "properties": {
                    "type": {"const": "rendition"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "participant": {"$ref": "#/$defs/name"},
                    "rendition": {"type": ["string", "null"]},
                    "layers": {"type": "integer", "minimum": 0, "maximum": 3},
                    "reason": {"enum": ["bandwidth", "keyframes", "wish"]}
                  }
                },
                {
                  "description": "All that are under way.",
                  "type": "object",
                  "required": ["type", "room", "time", "recordings"],
                  "properties": {
                    "type": {"const": "recordings"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."},
                    "recordings": {"type": "array", "items": {"type": "object"}}
                  }
                },
                {
                  "description": "The room has ended.",
                  "type": "object",
                  "required": ["type", "room", "time"],
                  "properties": {
                    "type": {"const": "closed"},
                    "room": {"$ref": "#/$defs/name"},
                    "time": {"type": "number", "description": "Seconds since the room was opened."}
                  }
                },
                {
                  "type": "object",
                  "required": ["type", "number", "participant", "name", "text", "time"],
                  "properties": {
                    "type": {"const": "chat"},
                    "number": {"type": "integer"},
                    "participant": {"$ref": "#/$defs/name"},
                    "name": {"type": "string"},
                    "text": {"type": "string"},
                    "time": {"type": "integer", "description": "Seconds since 1970."}
                  }
                },
                {
                  "description": "One's own, every five seconds.",
                  "type": "object",
                  "required": ["type", "statistics"],
                  "properties": {
                    "type": {"const": "quality"},
                    "statistics": {"$ref": "/openapi.json#/components/schemas/Statistics"}
                  }
                },
                {
                  "description": "Events were lost: this is the room now.",
                  "type": "object",
                  "required": ["type", "room"],
                  "properties": {"type": {"const": "room"}, "room": {"$ref": "/openapi.json#/components/schemas/Room"}}
                },
                {
                  "description": "The service stops then; a client joins again by itself.",
                  "type": "object",
                  "required": ["type", "seconds"],
                  "properties": {"type": {"const": "draining"}, "seconds": {"type": "integer"}}
                },
                {
                  "description": "One is in the room no more; the connection is closed.",
                  "type": "object",
                  "required": ["type", "reason"],
                  "properties": {"type": {"const": "ended"}, "reason": {"enum": ["left", "removed", "closed"]}}
                }
              ]
            }
          }
        }

        """#
}
