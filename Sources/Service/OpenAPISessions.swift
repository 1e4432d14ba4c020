extension OpenAPI {
    /// WHIP, WHEP and sessions.
    static let sessionPaths = #"""
            "/whip/{room}": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "post": {
                "operationId": "publish",
                "summary": "WHIP (RFC 9725): sends media into a room",
                "security": [{"token": []}],
                "parameters": [
                  {"$ref": "#/components/parameters/name"},
                  {"$ref": "#/components/parameters/view"},
                  {"$ref": "#/components/parameters/rendition"}
                ],
                "requestBody": {
                  "required": true,
                  "content": {"application/sdp": {"schema": {"type": "string", "maxLength": 65536}}}
                },
                "responses": {
                  "201": {
                    "description": "The answer.",
                    "headers": {
                      "Location": {"description": "The session.", "schema": {"type": "string"}},
                      "ETag": {"description": "Of the ICE session, for If-Match.", "schema": {"type": "string"}},
                      "Link": {"description": "ICE servers, each with rel=\"ice-server\".", "schema": {"type": "string"}},
                      "Accept-Patch": {"description": "application/trickle-ice-sdpfrag", "schema": {"type": "string"}}
                    },
                    "content": {"application/sdp": {"schema": {"type": "string"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "406": {"$ref": "#/components/responses/NotAcceptable"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "500": {"$ref": "#/components/responses/Internal"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/whip/{room}/{session}": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/session"}],
              "patch": {
                "operationId": "publisherPatch",
                "summary": "Candidates, or a restart of ICE with If-Match: *",
                "security": [{"token": []}],
                "parameters": [
                  {
                    "name": "If-Match",
                    "in": "header",
                    "schema": {"type": "string"},
                    "description": "The session's ETag, or * to restart."
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {"application/trickle-ice-sdpfrag": {"schema": {"type": "string", "maxLength": 65536}}}
                },
                "responses": {
                  "200": {
                    "description": "ICE restarted: new credentials.",
                    "headers": {"ETag": {"description": "The new one.", "schema": {"type": "string"}}},
                    "content": {"application/trickle-ice-sdpfrag": {"schema": {"type": "string"}}}
                  },
                  "204": {"description": "Taken."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "412": {"$ref": "#/components/responses/PreconditionFailed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "428": {"$ref": "#/components/responses/PreconditionRequired"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              },
              "delete": {
                "operationId": "publisherDelete",
                "summary": "Leaves",
                "security": [{"token": []}],
                "responses": {
                  "200": {"description": "Gone."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/whep/{room}": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "post": {
                "operationId": "watch",
                "summary": "WHEP: receives a room's mix; 409 while nobody is there",
                "security": [{"token": []}],
                "parameters": [
                  {"$ref": "#/components/parameters/name"},
                  {"$ref": "#/components/parameters/view"},
                  {"$ref": "#/components/parameters/rendition"}
                ],
                "requestBody": {
                  "required": true,
                  "content": {"application/sdp": {"schema": {"type": "string", "maxLength": 65536}}}
                },
                "responses": {
                  "201": {
                    "description": "The answer.",
                    "headers": {
                      "Location": {"description": "The session.", "schema": {"type": "string"}},
                      "ETag": {"description": "Of the ICE session, for If-Match.", "schema": {"type": "string"}},
                      "Link": {"description": "ICE servers, each with rel=\"ice-server\".", "schema": {"type": "string"}},
                      "Accept-Patch": {"description": "application/trickle-ice-sdpfrag", "schema": {"type": "string"}}
                    },
                    "content": {"application/sdp": {"schema": {"type": "string"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "406": {"$ref": "#/components/responses/NotAcceptable"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "500": {"$ref": "#/components/responses/Internal"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/whep/{room}/{session}": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/session"}],
              "patch": {
                "operationId": "viewerPatch",
                "summary": "Candidates, or a restart of ICE with If-Match: *",
                "security": [{"token": []}],
                "parameters": [
                  {
                    "name": "If-Match",
                    "in": "header",
                    "schema": {"type": "string"},
                    "description": "The session's ETag, or * to restart."
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {"application/trickle-ice-sdpfrag": {"schema": {"type": "string", "maxLength": 65536}}}
                },
                "responses": {
                  "200": {
                    "description": "ICE restarted: new credentials.",
                    "headers": {"ETag": {"description": "The new one.", "schema": {"type": "string"}}},
                    "content": {"application/trickle-ice-sdpfrag": {"schema": {"type": "string"}}}
                  },
                  "204": {"description": "Taken."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "412": {"$ref": "#/components/responses/PreconditionFailed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "428": {"$ref": "#/components/responses/PreconditionRequired"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              },
              "delete": {
                "operationId": "viewerDelete",
                "summary": "Leaves",
                "security": [{"token": []}],
                "responses": {
                  "200": {"description": "Gone."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/v1/rooms/{room}/sessions": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "post": {
                "operationId": "join",
                "summary": "Sends media and receives the mix on one connection",
                "security": [{"token": []}],
                "parameters": [
                  {"$ref": "#/components/parameters/name"},
                  {"$ref": "#/components/parameters/view"},
                  {"$ref": "#/components/parameters/rendition"}
                ],
                "requestBody": {
                  "required": true,
                  "content": {"application/sdp": {"schema": {"type": "string", "maxLength": 65536}}}
                },
                "responses": {
                  "201": {
                    "description": "The answer.",
                    "headers": {
                      "Location": {"description": "The session.", "schema": {"type": "string"}},
                      "ETag": {"description": "Of the ICE session, for If-Match.", "schema": {"type": "string"}},
                      "Link": {"description": "ICE servers, each with rel=\"ice-server\".", "schema": {"type": "string"}},
                      "Accept-Patch": {"description": "application/trickle-ice-sdpfrag", "schema": {"type": "string"}}
                    },
                    "content": {"application/sdp": {"schema": {"type": "string"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "406": {"$ref": "#/components/responses/NotAcceptable"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "422": {"$ref": "#/components/responses/Unprocessable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "500": {"$ref": "#/components/responses/Internal"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/v1/rooms/{room}/sessions/{session}": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/session"}],
              "patch": {
                "operationId": "sessionPatch",
                "summary": "Candidates, or a restart of ICE with If-Match: *",
                "security": [{"token": []}],
                "parameters": [
                  {
                    "name": "If-Match",
                    "in": "header",
                    "schema": {"type": "string"},
                    "description": "The session's ETag, or * to restart."
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {"application/trickle-ice-sdpfrag": {"schema": {"type": "string", "maxLength": 65536}}}
                },
                "responses": {
                  "200": {
                    "description": "ICE restarted: new credentials.",
                    "headers": {"ETag": {"description": "The new one.", "schema": {"type": "string"}}},
                    "content": {"application/trickle-ice-sdpfrag": {"schema": {"type": "string"}}}
                  },
                  "204": {"description": "Taken."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "412": {"$ref": "#/components/responses/PreconditionFailed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "428": {"$ref": "#/components/responses/PreconditionRequired"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              },
              "delete": {
                "operationId": "sessionDelete",
                "summary": "Leaves",
                "security": [{"token": []}],
                "responses": {
                  "200": {"description": "Gone."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              }
            },
            "/v1/rooms/{room}/sessions/{session}/view": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/session"}],
              "get": {
                "operationId": "getView",
                "summary": "What this session watches",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "Its choice; fields that are missing are the room's.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/View"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                }
              },
              "put": {
                "operationId": "setView",
                "summary": "Changes what this session watches; what is not named stays",
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
                      "schema": {"$ref": "#/components/schemas/ViewWish"}
                    }
                  }
                }
              },
              "patch": {
                "operationId": "changeView",
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
                      "schema": {"$ref": "#/components/schemas/ViewWish"}
                    }
                  }
                }
              }
            },
            "/v1/rooms/{room}/sessions/{session}/statistics": {
              "parameters": [{"$ref": "#/components/parameters/room"}, {"$ref": "#/components/parameters/session"}],
              "get": {
                "operationId": "statistics",
                "summary": "The session's quality",
                "responses": {
                  "200": {
                    "description": "Figures.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Statistics"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"}
                },
                "security": [{"token": []}]
              }
            }
        """#
}
