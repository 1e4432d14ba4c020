#!/bin/sh
# Writes the layouts of this folder into the program's source, so that the program has them wherever it is run from.
# Run it after a change here; a test compares the two.
set -eu
cd "$(dirname "$0")"
{
    echo "// Written by Layouts/embed.sh from the files in Layouts/; change those, then run it again."
    echo
    echo "extension BuiltInLayouts {"
    echo "    /// The text of every built-in layout by its name, in the order of names."
    echo "    static let files: [(name: String, text: String)] = ["
    for file in *.json; do
        echo "        ("
        echo "            \"${file%.json}\","
        echo '            #"""'
        sed 's/^\(.\)/            \1/' "$file"
        echo '            """#'
        echo "        ),"
    done
    echo "    ]"
    echo "}"
} > ../Sources/Layout/BuiltInFiles.swift
