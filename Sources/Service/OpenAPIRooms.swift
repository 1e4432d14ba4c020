extension OpenAPI {
    /// Rooms, and what tells of the service.
    static let roomPaths = #"""
            "/v1/rooms": {
              "post": {
                "operationId": "createRoom",
                "summary": "Makes a room, which stays for a while when nobody is in it",
                "security": [{"token": []}],
                "responses": {
                  "201": {
                    "description": "The room.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Room"}}},
                    "headers": {"Location": {"description": "The room's path.", "schema": {"type": "string"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                },
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["name"],
                        "properties": {
                          "name": {"$ref": "#/components/schemas/Name"},
                          "participantLimit": {"type": "integer", "minimum": 1, "maximum": 10000},
                          "layout": {"$ref": "#/components/schemas/LayoutChoice"},
                          "allowsOwnUnmute": {
                            "type": "boolean",
                            "description": "Whether somebody whom a host has muted may unmute themselves."
                          }
                        }
                      }
                    }
                  }
                }
              },
              "get": {
                "operationId": "listRooms",
                "summary": "Open rooms by name",
                "responses": {
                  "200": {
                    "description": "A page.",
                    "content": {
                      "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/RoomSummary"}}}
                    },
                    "headers": {"Link": {"description": "The next page, with rel=\"next\".", "schema": {"type": "string"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": [{"token": []}],
                "parameters": [{"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}]
              }
            },
            "/v1/rooms/{room}": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "patch": {
                "operationId": "changeRoom",
                "summary": "Changes its layout, or whom it pins",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The room as it is then.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Room"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                },
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "additionalProperties": false,
                        "minProperties": 1,
                        "properties": {
                          "layout": {"$ref": "#/components/schemas/LayoutChoice"},
                          "pinned": {"type": ["string", "null"], "minLength": 1, "maxLength": 200}
                        }
                      }
                    }
                  }
                }
              },
              "get": {
                "operationId": "getRoom",
                "summary": "A room with its participants",
                "responses": {
                  "200": {
                    "description": "The room.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Room"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": [{"token": []}]
              },
              "delete": {
                "operationId": "closeRoom",
                "summary": "Says goodbye to everybody",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/v1/rooms/{room}/participants": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "get": {
                "operationId": "listParticipants",
                "summary": "Who is there",
                "responses": {
                  "200": {
                    "description": "All of them.",
                    "content": {
                      "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Participant"}}}
                    }
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": [{"token": []}]
              }
            },
            "/v1/rooms/{room}/participants/{participant}": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/participant"}],
              "get": {
                "operationId": "getParticipant",
                "summary": "One of them",
                "responses": {
                  "200": {
                    "description": "The participant.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Participant"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": [{"token": []}]
              },
              "patch": {
                "operationId": "changeParticipant",
                "summary": "Mutes or unmutes, gives a role, or changes what they watch",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                },
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "additionalProperties": false,
                        "minProperties": 1,
                        "properties": {
                          "muted": {"type": "boolean", "description": "The microphone."},
                          "cameraMuted": {"type": "boolean"},
                          "role": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
                          "view": {"$ref": "#/components/schemas/ViewWish"}
                        }
                      }
                    }
                  }
                }
              },
              "delete": {
                "operationId": "removeParticipant",
                "summary": "Sends them out",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/v1/rooms/{room}/participants/{participant}/mute": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/participant"}],
              "post": {
                "operationId": "mute",
                "summary": "Mutes",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/v1/rooms/{room}/participants/{participant}/unmute": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/participant"}],
              "post": {
                "operationId": "unmute",
                "summary": "Unmutes",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/v1/rooms/{room}/layout": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "get": {
                "operationId": "getLayout",
                "summary": "The room's layout",
                "responses": {
                  "200": {
                    "description": "The layout.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "additionalProperties": false,
                          "required": ["layout"],
                          "properties": {"layout": {"$ref": "#/components/schemas/LayoutChoice"}}
                        }
                      }
                    },
                    "headers": {"ETag": {"description": "For If-Match and If-None-Match.", "schema": {"type": "string"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "304": {"description": "As it was."}
                },
                "security": [{"token": []}],
                "parameters": [{"$ref": "#/components/parameters/ifNoneMatch"}]
              },
              "put": {
                "operationId": "setLayout",
                "summary": "Changes it for all who have not chosen another",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "412": {"$ref": "#/components/responses/PreconditionFailed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                },
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["layout"],
                        "properties": {"layout": {"$ref": "#/components/schemas/LayoutChoice"}}
                      }
                    }
                  }
                },
                "parameters": [{"$ref": "#/components/parameters/ifMatch"}]
              },
              "patch": {
                "operationId": "changeLayout",
                "summary": "As PUT",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "412": {"$ref": "#/components/responses/PreconditionFailed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                },
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["layout"],
                        "properties": {"layout": {"$ref": "#/components/schemas/LayoutChoice"}}
                      }
                    }
                  }
                },
                "parameters": [{"$ref": "#/components/parameters/ifMatch"}]
              }
            },
            "/v1/rooms/{room}/views": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "get": {
                "operationId": "listViews",
                "summary": "Layouts that are composited at present",
                "responses": {
                  "200": {
                    "description": "Their names.",
                    "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": [{"token": []}]
              }
            },
            "/v1/rooms/{room}/pin": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "put": {
                "operationId": "pin",
                "summary": "Puts a participant in the active speaker's place",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["participant"],
                        "properties": {"participant": {"type": "string", "minLength": 1, "maxLength": 200}}
                      }
                    }
                  }
                }
              },
              "delete": {
                "operationId": "unpin",
                "summary": "Nobody is pinned any more",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/v1/layouts": {
              "get": {
                "operationId": "listLayouts",
                "summary": "Names of layouts",
                "responses": {
                  "200": {
                    "description": "Names.",
                    "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}
                  },
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": []
              }
            },
            "/metrics": {
              "get": {
                "operationId": "metrics",
                "summary": "Figures in Prometheus's text format",
                "responses": {
                  "200": {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": []
              }
            },
            "/healthz": {
              "get": {
                "operationId": "alive",
                "summary": "Whether the process answers",
                "responses": {
                  "200": {"description": "It does.", "content": {"text/plain": {"schema": {"type": "string"}}}},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": []
              }
            },
            "/readyz": {
              "get": {
                "operationId": "ready",
                "summary": "Whether somebody could be let in",
                "responses": {
                  "200": {"description": "Yes.", "content": {"text/plain": {"schema": {"type": "string"}}}},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                },
                "security": []
              }
            },
            "/ws": {
              "get": {
                "operationId": "signal",
                "summary": "WebSocket: joining, events, hosts' wishes and chat, as /ws-schema.json describes them",
                "responses": {
                  "101": {"description": "JSON messages; the first is join, resume or watch, and carries the token."},
                  "426": {
                    "description": "Only as a WebSocket.",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
                  },
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": []
              }
            },
            "/ws-schema.json": {
              "get": {
                "operationId": "describeMessages",
                "summary": "The messages of /ws",
                "responses": {
                  "200": {
                    "description": "JSON Schema.",
                    "content": {"application/schema+json": {"schema": {"type": "object"}}}
                  },
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": []
              }
            },
            "/openapi.json": {
              "get": {
                "operationId": "describe",
                "summary": "This document",
                "responses": {
                  "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": []
              }
            }
        """#
}
