/// A JSON value whose texts are templates, such as what a rule sets for one provider.
///
/// The names of members are not. A template gives text, whatever the event holds; a text that is one name in three braces and nothing
/// else (`{{{data.stops}}}`) stands for the event's own JSON value: a number, a bool, a list or an object as well as a text, and
/// null where there is none.
package struct JSONTemplate: Sendable {
    /// A text that is no template.
    package struct Invalid: Error {
        /// Where it stands, such as `android.notification.vibrateTimings[1]`; empty for the value itself.
        package let path: String
        package let cause: Template.Invalid
    }

    private indirect enum Form: Sendable {
        case constant(JSONTree)
        case text(Template)
        /// By its path in the event.
        case value([String])
        case array([Form])
        case object([(name: String, value: Form)])

        var isConstant: Bool {
            if case .constant = self { true } else { false }
        }
    }

    private let form: Form
    /// The JSON text, where it is the same for all events.
    private let constant: [UInt8]?

    /// - Throws: ``Invalid``: the first text that is no template.
    package init(_ tree: JSONTree, key: String = "", setting: Template.Setting = Template.Setting()) throws(Invalid) {
        form = try Self.form(of: tree, at: "", key, setting)
        constant = form.isConstant ? tree.octets : nil
    }

    /// What is the same for all events stays one value.
    private static func form(
        of tree: JSONTree,
        at path: String,
        _ key: String,
        _ setting: Template.Setting
    ) throws(Invalid) -> Form {
        switch tree {
        case .null, .boolean, .integer, .number:
            return .constant(tree)
        case .string(let text):
            if !text.contains("{{") { return .constant(tree) }
            do throws(Template.Invalid) {
                let template = try Template(text, key: path.isEmpty ? key : "\(key).\(path)", setting: setting)
                return eventPath(in: text).map { .value($0) } ?? .text(template)
            } catch {
                throw Invalid(path: path, cause: error)
            }
        case .array(let elements):
            var forms: [Form] = []
            for (index, element) in elements.enumerated() {
                forms.append(try form(of: element, at: "\(path)[\(index)]", key, setting))
            }
            return forms.allSatisfy(\.isConstant) ? .constant(tree) : .array(forms)
        case .object(let object):
            var forms: [(name: String, value: Form)] = []
            for member in object.members {
                let memberPath = path.isEmpty ? member.name : "\(path).\(member.name)"
                forms.append((member.name, try form(of: member.value, at: memberPath, key, setting)))
            }
            return forms.allSatisfy(\.value.isConstant) ? .constant(tree) : .object(forms)
        }
    }

    /// Whether a text stands for a JSON value of the event, of any type.
    package static func isValue(_ text: String) -> Bool { eventPath(in: text) != nil }

    /// The path in `{{{data.stops}}}`; nil for any other text.
    private static func eventPath(in text: String) -> [String]? {
        guard text.hasPrefix("{{{"), text.hasSuffix("}}}"), text.utf8.count > 6 else { return nil }
        let name = text.dropFirst(3).dropLast(3)
        let parts = name.split(separator: " ")
        guard parts.count == 1, parts[0] != "." else { return nil }
        return TemplateParser.path(String(parts[0]))
    }

    /// The value for an event as JSON text, in UTF-8; not to be used once the budget says that something failed.
    func octets(_ event: EventValues, _ budget: inout RenderBudget) -> [UInt8] {
        if let constant {
            _ = budget.spend(octets: constant.count)
            return constant
        }
        return render(event, &budget).octets
    }

    /// The value for an event.
    ///
    /// - Returns: null where a template fails on the event.
    package func render(_ event: EventValues) -> JSONTree {
        var budget = RenderBudget()
        let tree = render(event, &budget)
        return budget.failure == nil ? tree : .null
    }

    private func render(_ event: EventValues, _ budget: inout RenderBudget) -> JSONTree {
        Self.render(form, event, &budget)
    }

    private static func render(_ form: Form, _ event: EventValues, _ budget: inout RenderBudget) -> JSONTree {
        guard budget.failure == nil else { return .null }
        switch form {
        case .constant(let tree): return tree
        case .text(let template): return .string(template.render(event, &budget))
        case .value(let path):
            guard budget.spend(octets: event.octetCount(at: path)) else { return .null }
            return event.tree(at: path)
        case .array(let elements):
            var values: [JSONTree] = []
            for element in elements { values.append(render(element, event, &budget)) }
            return .array(values)
        case .object(let members):
            var object = JSONObject()
            for member in members { object[member.name] = render(member.value, event, &budget) }
            return .object(object)
        }
    }
}
