import Glibc
import HTTPServer
import KESProtocol
import KESService
import NIOCore

/// The block that tells the operator what runs.
struct Banner {
    let setup: ServerSetup
    let listeners: Listeners
    let storeTitle: String
    let memory: LockedMemory

    func print() {
        for (label, value) in lines {
            Console.say(value.isEmpty ? "" : label.padded(to: 12) + value)
        }
        Console.say("")
    }

    private var lines: [(label: String, value: String)] {
        let configuration = setup.configuration
        var lines = [
            ("Version", KESVersion.release),
            ("Runtime", "Swift \(Self.system)"),
            ("License", "Apache-2.0  https://www.apache.org/licenses/LICENSE-2.0"),
            ("Copyright", "The Coffer authors"),
            ("", ""),
            ("KMS", storeTitle),
        ]
        for (index, url) in urls(of: listeners.clients).enumerated() { lines.append((index == 0 ? "API" : "", url)) }
        let probes = if let probes = listeners.probes { urls(of: probes) } else { [String]() }
        for (index, url) in probes.enumerated() {
            lines.append((index == 0 ? "Health" : "", url + KESRoute.ready.path))
        }
        lines += [("Docs", "coffer-kes server --help"), ("", "")]
        if let key = setup.developmentKey { lines.append(("API Key", key.text)) }
        let isHex = configuration.admin.utf8.count == 64 && configuration.admin.allSatisfy(\.isHexDigit)
        lines.append(("Admin", isHex ? configuration.admin : "<disabled>"))
        lines.append(("Logs", "error=stderr level=\(configuration.log.error)"))
        if configuration.log.audit <= .info { lines.append(("", "audit=stdout level=\(configuration.log.audit)")) }
        if case .locked = memory { lines.append(("MLock", "enabled")) }
        return lines
    }

    /// One for each address of this machine that a listener takes.
    private func urls(of server: HTTPServer) -> [String] {
        server.addresses.flatMap { address -> [String] in
            let port = address.port ?? 0
            let host = address.ipAddress ?? "localhost"
            let hosts =
                ["0.0.0.0", "::"].contains(host)
                ? NetworkInterfaces.addresses().filter { host == "::" || !$0.contains(":") } : [host]
            return hosts.map { "https://\($0.contains(":") ? "[\($0)]" : $0):\(port)" }
        }
    }

    private static var system: String {
        #if arch(x86_64)
            "linux/amd64"
        #elseif arch(arm64)
            "linux/arm64"
        #else
            "linux"
        #endif
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
