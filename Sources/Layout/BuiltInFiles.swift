// Written by Layouts/embed.sh from the files in Layouts/; change those, then run it again.

extension BuiltInLayouts {
    /// The text of every built-in layout by its name, in the order of names.
    static let files: [(name: String, text: String)] = [
        (
            "grid",
            #"""
            {
              "version": 1,
              "name": "grid",
              "description": "Everybody in tiles of one size; a screen share takes most of the canvas",
              "root": { "type": "grid", "padding": 0.0165, "spacing": 0.0165, "max": 49 },
              "variants": [
                {
                  "when": { "screenShare": true },
                  "root": {
                    "type": "columns",
                    "padding": 0.0165,
                    "spacing": 0.0165,
                    "children": [
                      { "type": "tile", "show": "screen", "weight": 3 },
                      { "type": "grid", "show": ["screen", "others"], "max": 20, "weight": 1 }
                    ]
                  }
                }
              ]
            }
            """#
        )
    ]
}
