extension OpenAPI {
    /// Recordings.
    static let recordingPaths = #"""
            "/v1/rooms/{room}/recordings": {
              "parameters": [{"$ref": "#/components/parameters/room"}],
              "get": {
                "operationId": "listRecordingsOfRoom",
                "summary": "Recordings of a room",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The newest first.",
                    "content": {
                      "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Recording"}}}
                    }
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              },
              "post": {
                "operationId": "startRecording",
                "summary": "Starts a recording; a room has one at a time. Needs the grant record, as all that follows",
                "security": [{"token": []}],
                "responses": {
                  "201": {
                    "description": "It has begun.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Recording"}}},
                    "headers": {"Location": {"description": "The recording.", "schema": {"type": "string"}}}
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
                  "501": {"$ref": "#/components/responses/NotImplemented"},
                  "507": {"$ref": "#/components/responses/NoStorage"}
                },
                "requestBody": {
                  "required": false,
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RecordingRequest"}}}
                }
              }
            },
            "/v1/recordings": {
              "get": {
                "operationId": "listRecordings",
                "summary": "All recordings, for tokens of all rooms",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The newest first.",
                    "content": {
                      "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Recording"}}}
                    }
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/recordings/{recording}": {
              "parameters": [{"$ref": "#/components/parameters/recording"}],
              "get": {
                "operationId": "getRecording",
                "summary": "One of them",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The recording.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Recording"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              },
              "delete": {
                "operationId": "deleteRecording",
                "summary": "Deletes it and its files; needs the grant admin",
                "security": [{"token": []}],
                "responses": {
                  "204": {"description": "Done."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/recordings/{recording}/pause": {
              "parameters": [{"$ref": "#/components/parameters/recording"}],
              "post": {
                "operationId": "pauseRecording",
                "summary": "Rests, within the same file",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The recording.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Recording"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/recordings/{recording}/resume": {
              "parameters": [{"$ref": "#/components/parameters/recording"}],
              "post": {
                "operationId": "resumeRecording",
                "summary": "Goes on, without a hole",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The recording.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Recording"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/recordings/{recording}/stop": {
              "parameters": [{"$ref": "#/components/parameters/recording"}],
              "post": {
                "operationId": "stopRecording",
                "summary": "Ends it; its state is finished once its files are whole",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The recording.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Recording"}}}
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/recordings/{recording}/marks": {
              "parameters": [{"$ref": "#/components/parameters/recording"}],
              "post": {
                "operationId": "markRecording",
                "summary": "Begins a chapter",
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
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                },
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["title"],
                        "properties": {"title": {"type": "string", "minLength": 1, "maxLength": 64}}
                      }
                    }
                  }
                }
              }
            },
            "/v1/recordings/{recording}/url": {
              "parameters": [{"$ref": "#/components/parameters/recording"}],
              "post": {
                "operationId": "signRecording",
                "summary": "A link that needs no token, good for an hour",
                "security": [{"token": []}],
                "responses": {
                  "200": {
                    "description": "The link.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["url", "expires"],
                          "properties": {"url": {"type": "string"}, "expires": {"type": "integer"}}
                        }
                      }
                    }
                  },
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "408": {"$ref": "#/components/responses/Timeout"},
                  "411": {"$ref": "#/components/responses/LengthRequired"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                }
              }
            },
            "/v1/recordings/{recording}/file": {
              "parameters": [{"$ref": "#/components/parameters/recording"}],
              "get": {
                "operationId": "getRecordingFile",
                "summary": "A whole file, or one range of it",
                "security": [{"token": []}, {}],
                "responses": {
                  "200": {
                    "description": "All of it.",
                    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
                    "headers": {"ETag": {"schema": {"type": "string"}}}
                  },
                  "206": {
                    "description": "The range.",
                    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
                    "headers": {"Content-Range": {"schema": {"type": "string"}}}
                  },
                  "304": {"description": "As it was."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "416": {"$ref": "#/components/responses/RangeNotSatisfiable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                },
                "parameters": [
                  {
                    "name": "Range",
                    "in": "header",
                    "schema": {"type": "string"},
                    "description": "One range of bytes; several are answered with the whole file."
                  },
                  {"name": "If-Range", "in": "header", "schema": {"type": "string"}},
                  {"$ref": "#/components/parameters/ifNoneMatch"},
                  {"$ref": "#/components/parameters/expires"},
                  {"$ref": "#/components/parameters/signature"}
                ]
              }
            },
            "/v1/recordings/{recording}/files/{file}": {
              "parameters": [
                {"$ref": "#/components/parameters/recording"},
                {
                  "name": "file",
                  "in": "path",
                  "required": true,
                  "schema": {"type": "string"},
                  "description": "A name of the recording's files, also with .report.json, .poster.png or .strip.png; manifest.jsonl of tracks."
                }
              ],
              "get": {
                "operationId": "getRecordingFileByName",
                "summary": "A whole file, or one range of it",
                "security": [{"token": []}, {}],
                "responses": {
                  "200": {
                    "description": "All of it.",
                    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
                    "headers": {"ETag": {"schema": {"type": "string"}}}
                  },
                  "206": {
                    "description": "The range.",
                    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
                    "headers": {"Content-Range": {"schema": {"type": "string"}}}
                  },
                  "304": {"description": "As it was."},
                  "400": {"$ref": "#/components/responses/BadRequest"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Forbidden"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "409": {"$ref": "#/components/responses/Conflict"},
                  "416": {"$ref": "#/components/responses/RangeNotSatisfiable"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "501": {"$ref": "#/components/responses/NotImplemented"}
                },
                "parameters": [
                  {
                    "name": "Range",
                    "in": "header",
                    "schema": {"type": "string"},
                    "description": "One range of bytes; several are answered with the whole file."
                  },
                  {"name": "If-Range", "in": "header", "schema": {"type": "string"}},
                  {"$ref": "#/components/parameters/ifNoneMatch"},
                  {"$ref": "#/components/parameters/expires"},
                  {"$ref": "#/components/parameters/signature"}
                ]
              }
            }
        """#
}
