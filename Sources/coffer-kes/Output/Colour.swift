import ArgumentParser

/// When to colour what people read.
enum ColourMode: String, ExpressibleByArgument, CaseIterable {
    case auto, never, always

    var isOn: Bool {
        switch self {
        case .auto: Terminal.isPresent
        case .never: false
        case .always: true
        }
    }
}

/// Text with a terminal's attributes around it.
struct Colour {
    let isOn: Bool

    init(_ mode: ColourMode) { isOn = mode.isOn }

    func bold(_ text: String) -> String { wrapped(text, "1") }
    func faint(_ text: String) -> String { wrapped(text, "2") }
    func red(_ text: String) -> String { wrapped(text, "31") }
    func green(_ text: String) -> String { wrapped(text, "32") }

    private func wrapped(_ text: String, _ code: String) -> String {
        isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
