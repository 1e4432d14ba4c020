#!/bin/sh
# Writes the web app of this folder into the program's source, so that the program carries it in itself.
# Run it after a change here; a test compares the two.
set -eu
cd "$(dirname "$0")"
{
    echo "// Written by Sources/Service/Web/embed.sh from the files beside it; change those, then run it again."
    echo
    echo "extension WebFiles {"
    echo "    /// The text of every file of the web app."
    echo "    package static let files: [(name: String, text: String)] = ["
    for file in *.html *.css *.js *.svg; do
        echo "        ("
        echo "            \"$file\","
        echo '            ##"""'
        sed 's/^\(.\)/            \1/' "$file"
        echo
        echo '            """##'
        echo "        ),"
    done
    echo "    ]"
    echo "}"
} > ../WebContents.swift
