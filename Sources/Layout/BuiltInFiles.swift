// Written by Layouts/embed.sh from the files in Layouts/; change those, then run it again.

extension BuiltInLayouts {
    /// The text of every built-in layout by its name, in the order of names.
    static let files: [(name: String, text: String)] = [
        (
            "audio-only",
            #"""
            {
              "version": 1,
              "name": "audio-only",
              "description": "No cameras: everybody as an avatar, with a ring round who speaks",
              "style": { "camera": false },
              "root": {
                "type": "grid",
                "max": 49,
                "aspect": "1:1",
                "padding": 0.0165,
                "spacing": 0.0165
              }
            }
            """#
        ),
        (
            "filmstrip",
            #"""
            {
              "version": 1,
              "name": "filmstrip",
              "description": "The active speaker large, the others in a strip along the lower edge",
              "root": {
                "type": "rows",
                "padding": 0.0165,
                "spacing": 0.0165,
                "children": [
                  { "type": "tile", "show": "speaker", "weight": 5.1, "aspect": { "min": "4:3", "max": "16:9" } },
                  {
                    "type": "grid",
                    "weight": 1,
                    "order": "joining",
                    "rows": 1,
                    "max": 6,
                    "aspect": "16:9",
                    "spacing": 0.0165
                  }
                ]
              },
              "variants": [
                {
                  "when": { "screenShare": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 5.1, "aspect": "16:9" },
                      {
                        "type": "grid",
                        "weight": 1,
                        "order": "joining",
                        "rows": 1,
                        "max": 6,
                        "aspect": "16:9",
                        "spacing": 0.0165,
                        "show": ["screen", "others"]
                      }
                    ]
                  }
                }
              ]
            }
            """#
        ),
        (
            "grid",
            #"""
            {
              "version": 1,
              "name": "grid",
              "description": "Everybody in tiles of one size; a screen share takes most of the canvas",
              "root": { "type": "grid", "max": 49, "padding": 0.0165, "spacing": 0.0165 },
              "variants": [
                {
                  "when": { "screenShare": true, "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 1, "aspect": "16:9" },
                      { "type": "grid", "weight": 1, "show": ["screen", "others"], "max": 12, "spacing": 0.0165 }
                    ]
                  }
                },
                {
                  "when": { "screenShare": true },
                  "root": {
                    "type": "columns",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 3, "aspect": "16:9" },
                      { "type": "grid", "weight": 1, "show": ["screen", "others"], "max": 12, "spacing": 0.0165 }
                    ]
                  }
                }
              ]
            }
            """#
        ),
        (
            "interview",
            #"""
            {
              "version": 1,
              "name": "interview",
              "description": "The host (role «host», or who joined first) on one half, the guests on the other",
              "style": { "label": { "size": 0.034 } },
              "root": {
                "type": "columns",
                "padding": 0.0165,
                "spacing": 0.0165,
                "children": [
                  {
                    "type": "tile",
                    "show": { "role": "host" },
                    "fallback": "next",
                    "aspect": { "min": "4:5", "max": "16:9" }
                  },
                  { "type": "grid", "max": 9, "aspect": { "min": "4:5", "max": "16:9" }, "spacing": 0.0165 }
                ]
              },
              "variants": [
                {
                  "when": { "screenShare": true, "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 2, "aspect": "16:9" },
                      {
                        "type": "columns",
                        "weight": 1.2,
                        "spacing": 0.0165,
                        "children": [
                          {
                            "type": "tile",
                            "show": { "role": "host" },
                            "fallback": "next",
                            "aspect": { "min": "4:5", "max": "16:9" }
                          },
                          {
                            "type": "grid",
                            "max": 9,
                            "aspect": { "min": "4:5", "max": "16:9" },
                            "show": ["screen", "others"],
                            "spacing": 0.0165
                          }
                        ]
                      }
                    ]
                  }
                },
                {
                  "when": { "screenShare": true },
                  "root": {
                    "type": "columns",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "weight": 4, "show": "screen", "aspect": "16:9" },
                      {
                        "type": "grid",
                        "weight": 1,
                        "show": [{ "role": "host" }, "screen", "others"],
                        "order": "joining",
                        "columns": 1,
                        "max": 5,
                        "aspect": "16:9",
                        "spacing": 0.0165
                      }
                    ]
                  }
                },
                {
                  "when": { "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      {
                        "type": "tile",
                        "show": { "role": "host" },
                        "fallback": "next",
                        "aspect": { "min": "4:5", "max": "16:9" }
                      },
                      { "type": "grid", "max": 9, "aspect": { "min": "4:5", "max": "16:9" }, "spacing": 0.0165 }
                    ]
                  }
                }
              ]
            }
            """#
        ),
        (
            "pip",
            #"""
            {
              "version": 1,
              "name": "pip",
              "description": "The screen share or the active speaker on the whole canvas, another in a small picture at the lower right",
              "root": {
                "type": "layers",
                "children": [
                  { "type": "tile", "show": ["screen", "speaker"], "style": { "radius": 0, "highlight": false } },
                  {
                    "type": "layers",
                    "z": 1,
                    "padding": 0.03,
                    "children": [
                      {
                        "type": "tile",
                        "show": { "next": "loudness" },
                        "x": 0.77,
                        "y": 0.77,
                        "width": 0.23,
                        "height": 0.23,
                        "aspect": "16:9",
                        "style": { "border": { "width": 0.003, "colour": "#0b0f1a" } }
                      }
                    ]
                  }
                ]
              }
            }
            """#
        ),
        (
            "plain-grid",
            #"""
            {
              "version": 1,
              "name": "plain-grid",
              "description": "Tiles of 16:9 edge to edge, nothing else: for measuring",
              "background": "#000000",
              "transition": { "duration": 0 },
              "style": {
                "fit": "cover",
                "background": "#000000",
                "radius": 0,
                "border": false,
                "highlight": false,
                "label": false
              },
              "root": { "type": "grid", "max": 49, "aspect": "16:9" }
            }
            """#
        ),
        (
            "presentation",
            #"""
            {
              "version": 1,
              "name": "presentation",
              "description": "The screen share as large as can be, the active speaker and the others beside it",
              "root": {
                "type": "columns",
                "padding": 0.0165,
                "spacing": 0.0165,
                "children": [
                  { "type": "tile", "show": "speaker", "weight": 4.5, "aspect": { "min": "4:3", "max": "16:9" } },
                  {
                    "type": "grid",
                    "weight": 1,
                    "show": "others",
                    "order": "loudness",
                    "columns": 1,
                    "max": 5,
                    "aspect": "16:9",
                    "spacing": 0.0165
                  }
                ]
              },
              "variants": [
                {
                  "when": { "screenShare": true, "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "weight": 1, "show": "screen", "aspect": "16:9" },
                      {
                        "type": "grid",
                        "weight": 1,
                        "show": ["screen", "others"],
                        "order": "loudness",
                        "max": 9,
                        "spacing": 0.0165
                      }
                    ]
                  }
                },
                {
                  "when": { "screenShare": true },
                  "root": {
                    "type": "columns",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "weight": 5.5, "show": "screen", "aspect": "16:9" },
                      {
                        "type": "grid",
                        "weight": 1,
                        "show": ["screen", "others"],
                        "order": "loudness",
                        "columns": 1,
                        "max": 6,
                        "aspect": "16:9",
                        "spacing": 0.0165
                      }
                    ]
                  }
                }
              ]
            }
            """#
        ),
        (
            "side-by-side",
            #"""
            {
              "version": 1,
              "name": "side-by-side",
              "description": "The two who spoke last side by side, the others in a strip below",
              "root": {
                "type": "rows",
                "padding": 0.0165,
                "spacing": 0.0165,
                "children": [
                  {
                    "type": "columns",
                    "weight": 5,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "speaker", "aspect": { "min": "1:1", "max": "16:9" } },
                      { "type": "tile", "show": "speaker", "aspect": { "min": "1:1", "max": "16:9" } }
                    ]
                  },
                  {
                    "type": "grid",
                    "weight": 1,
                    "order": "joining",
                    "rows": 1,
                    "max": 6,
                    "aspect": "16:9",
                    "spacing": 0.0165
                  }
                ]
              },
              "variants": [
                {
                  "when": { "screenShare": true, "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "aspect": "16:9" },
                      { "type": "tile", "show": "speaker", "aspect": { "min": "4:3", "max": "16:9" } }
                    ]
                  }
                },
                {
                  "when": { "screenShare": true },
                  "root": {
                    "type": "columns",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 2, "aspect": "16:9" },
                      { "type": "tile", "show": "speaker", "weight": 1, "aspect": { "min": "1:1", "max": "16:9" } }
                    ]
                  }
                },
                {
                  "when": { "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "speaker", "weight": 2.5, "aspect": { "min": "1:1", "max": "16:9" } },
                      { "type": "tile", "show": "speaker", "weight": 2.5, "aspect": { "min": "1:1", "max": "16:9" } },
                      {
                        "type": "grid",
                        "weight": 1,
                        "order": "joining",
                        "rows": 1,
                        "max": 4,
                        "aspect": "16:9",
                        "spacing": 0.0165
                      }
                    ]
                  }
                }
              ]
            }
            """#
        ),
        (
            "single",
            #"""
            {
              "version": 1,
              "name": "single",
              "description": "Only the screen share or the active speaker, on the whole canvas",
              "root": { "type": "tile", "show": ["screen", "speaker"], "style": { "radius": 0, "highlight": false } }
            }
            """#
        ),
        (
            "speaker",
            #"""
            {
              "version": 1,
              "name": "speaker",
              "description": "The active speaker large, those who spoke last in a column beside",
              "root": {
                "type": "columns",
                "padding": 0.0165,
                "spacing": 0.0165,
                "children": [
                  { "type": "tile", "show": "speaker", "weight": 4.5, "aspect": { "min": "4:3", "max": "16:9" } },
                  {
                    "type": "grid",
                    "weight": 1,
                    "show": "others",
                    "order": "loudness",
                    "columns": 1,
                    "max": 5,
                    "aspect": "16:9",
                    "spacing": 0.0165
                  }
                ]
              },
              "variants": [
                {
                  "when": { "screenShare": true, "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 3, "aspect": "16:9" },
                      {
                        "type": "grid",
                        "weight": 1,
                        "order": "loudness",
                        "rows": 1,
                        "max": 4,
                        "aspect": "16:9",
                        "spacing": 0.0165,
                        "show": ["screen", "others"]
                      }
                    ]
                  }
                },
                {
                  "when": { "screenShare": true },
                  "root": {
                    "type": "columns",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 4.5, "aspect": "16:9" },
                      {
                        "type": "grid",
                        "weight": 1,
                        "show": ["screen", "others"],
                        "order": "loudness",
                        "columns": 1,
                        "max": 5,
                        "aspect": "16:9",
                        "spacing": 0.0165
                      }
                    ]
                  }
                },
                {
                  "when": { "portrait": true },
                  "root": {
                    "type": "rows",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "speaker", "weight": 4.5, "aspect": { "min": "3:4", "max": "16:9" } },
                      {
                        "type": "grid",
                        "weight": 1,
                        "order": "loudness",
                        "rows": 1,
                        "max": 4,
                        "aspect": "16:9",
                        "spacing": 0.0165
                      }
                    ]
                  }
                }
              ]
            }
            """#
        ),
    ]
}
