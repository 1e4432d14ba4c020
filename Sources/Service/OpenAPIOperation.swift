extension OpenAPI {
    /// A row of the tables of paths. What every operation of its kind can be answered is not said again: who needs a
    /// token may have none, a path may lead nowhere, a body may be too large.
    struct Operation {
        enum Method: String {
            case get, post, put, patch, delete
        }

        /// What is sent.
        enum Body {
            /// A schema as JSON text, and whether there must be a body.
            case json(String, isRequired: Bool = true)
            /// Text of that media type.
            case text(String)
        }

        enum Entry {
            case token
            /// A token, or a signed link.
            case tokenOrLink
            case everybody
        }

        let method: Method
        /// With its parameters in braces, each described among the components under its name.
        let path: String
        /// The operationId.
        let name: String
        let summary: String
        let answers: [Answer]
        let body: Body?
        /// Names of components, of query and headers.
        let parameters: [String]
        /// Statuses beyond those that follow from the rest.
        let refusals: [Int]
        let entry: Entry

        init(
            _ method: Method, _ path: String, _ name: String, _ summary: String, _ answers: Answer...,
            body: Body? = nil, parameters: [String] = [], refusals: [Int] = [], entry: Entry = .token
        ) {
            (self.method, self.path, self.name, self.summary, self.answers) = (method, path, name, summary, answers)
            (self.body, self.parameters, self.refusals, self.entry) = (body, parameters, refusals, entry)
        }

        /// All statuses of refusals, in order.
        private var allRefusals: [Int] {
            var all = Set(refusals + [429])
            if entry != .everybody { all.formUnion([400, 401, 403, 404]) }
            switch method {
            case .post, .put, .patch: all.formUnion([408, 411, 413])
            case .get, .delete: break
            }
            switch body {
            case .json: all.formUnion([415, 422])
            case .text: all.insert(415)
            case nil: break
            }
            return all.subtracting(answers.map(\.status)).sorted()
        }

        var text: String {
            var fields = ["\"operationId\": \"\(name)\"", "\"summary\": \(OpenAPI.quoted(summary))"]
            switch entry {
            case .token: fields.append("\"security\": [{\"token\": []}]")
            case .tokenOrLink: fields.append("\"security\": [{\"token\": []}, {}]")
            case .everybody: fields.append("\"security\": []")
            }
            if !parameters.isEmpty { fields.append("\"parameters\": \(OpenAPI.references(parameters))") }
            switch body {
            case .json(let schema, let isRequired):
                fields.append(
                    "\"requestBody\": {\"required\": \(isRequired), \"content\": "
                        + "{\"application/json\": {\"schema\": \(schema)}}}")
            case .text(let type):
                fields.append(
                    "\"requestBody\": {\"required\": true, \"content\": "
                        + "{\"\(type)\": {\"schema\": {\"type\": \"string\", \"maxLength\": 65536}}}}")
            case nil: break
            }
            let responses =
                answers.map { "\"\($0.status)\": \($0.text)" }
                + allRefusals.map { "\"\($0)\": {\"$ref\": \"#/components/responses/\($0)\"}" }
            fields.append("\"responses\": {\(responses.joined(separator: ", "))}")
            return "\"\(method.rawValue)\": {\(fields.joined(separator: ", "))}"
        }
    }

    /// A response that is no refusal.
    struct Answer {
        let status: Int
        let description: String
        /// Media type and schema of its body.
        var content: (type: String, schema: String)?
        /// Names and what they are.
        var headers: [(String, String)] = []

        static let done = Answer(status: 204, description: "Done.")
        static let unchanged = Answer(status: 304, description: "As it was.")

        /// JSON with that schema, which is the name of one among the components, or JSON text.
        static func json(
            _ description: String, _ schema: String, status: Int = 200, headers: [(String, String)] = []
        ) -> Answer {
            let schema = schema.hasPrefix("{") ? schema : OpenAPI.schema(schema)
            return Answer(
                status: status, description: description, content: ("application/json", schema), headers: headers)
        }

        static func list(_ description: String, _ schema: String, headers: [(String, String)] = []) -> Answer {
            json(
                description,
                "{\"type\": \"array\", \"items\": \(schema.hasPrefix("{") ? schema : OpenAPI.schema(schema))}",
                headers: headers)
        }

        /// What was made, with its Location.
        static func created(_ description: String, _ schema: String) -> Answer {
            json(description, schema, status: 201, headers: [("Location", "Its path.")])
        }

        static func text(
            _ description: String, type: String = "text/plain", status: Int = 200, headers: [(String, String)] = []
        ) -> Answer {
            Answer(
                status: status, description: description, content: (type, "{\"type\": \"string\"}"), headers: headers)
        }

        var text: String {
            var fields = ["\"description\": \(OpenAPI.quoted(description))"]
            if !headers.isEmpty {
                let all = headers.map { name, what in
                    "\"\(name)\": {\"description\": \(OpenAPI.quoted(what)), \"schema\": {\"type\": \"string\"}}"
                }
                fields.append("\"headers\": {\(all.joined(separator: ", "))}")
            }
            if let content { fields.append("\"content\": {\"\(content.type)\": {\"schema\": \(content.schema)}}") }
            return "{\(fields.joined(separator: ", "))}"
        }
    }

    /// The member `paths` of a document, in the order of the rows.
    static func paths(_ operations: [Operation]) -> String {
        var order: [String] = []
        var byPath: [String: [Operation]] = [:]
        for operation in operations {
            if byPath[operation.path] == nil { order.append(operation.path) }
            byPath[operation.path, default: []].append(operation)
        }
        let entries = order.map { path in
            let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            var fields = names.isEmpty ? [] : ["\"parameters\": \(references(names))"]
            fields += byPath[path]!.map(\.text)
            return "    \"\(path)\": {\n      \(fields.joined(separator: ",\n      "))\n    }"
        }
        return "{\n\(entries.joined(separator: ",\n"))\n  }"
    }

    static func schema(_ name: String) -> String { "{\"$ref\": \"#/components/schemas/\(name)\"}" }

    private static func references(_ parameters: [String]) -> String {
        "[" + parameters.map { "{\"$ref\": \"#/components/parameters/\($0)\"}" }.joined(separator: ", ") + "]"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
