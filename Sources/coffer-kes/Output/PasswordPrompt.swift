import Cryptography
import Glibc

/// Asks for passwords on the process's terminal, without showing them.
enum PasswordPrompt {
    /// A new password, typed twice and the same both times.
    static func askTwice() throws -> [UInt8] {
        var password = try ask("Enter password for private key: ")
        guard !password.isEmpty else { throw CommandFailure("the password is empty") }
        var confirmation = try ask("Confirm password for private key: ")
        defer { wipe(&confirmation) }
        guard constantTimeEqual(password, confirmation) else {
            wipe(&password)
            throw CommandFailure("the passwords are not the same")
        }
        return password
    }

    /// One line, which the caller wipes.
    static func ask(_ prompt: String) throws -> [UInt8] {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { throw CommandFailure("cannot ask for the password: there is no terminal") }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { throw CommandFailure("cannot ask for the password") }
        var quiet = before
        // Byte by byte and without signals, so that every way out of here restores the terminal.
        quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &quiet) == 0 else { throw CommandFailure("cannot ask for the password") }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            Terminal.write("\n", to: terminal)
        }
        Terminal.write(prompt, to: terminal)
        return try line(from: terminal)
    }

    private static let longest = 1024

    private static func line(from terminal: Int32) throws -> [UInt8] {
        var line: [UInt8] = []
        // In one piece: growing would leave parts of it behind.
        line.reserveCapacity(longest)
        while true {
            var byte: UInt8 = 0
            let count = read(terminal, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            switch (count, byte) {
            case (1, 0x0a), (1, 0x0d): return line
            case (1, 0x08), (1, 0x7f): _ = line.popLast()
            case (1, 0x15):
                wipe(&line)
                line.removeAll(keepingCapacity: true)
            case (1, 0x20...) where line.count < longest: line.append(byte)
            case (1, 0x20...):
                wipe(&line)
                throw CommandFailure("the password is too long")
            default:
                // The end of the input, or an interrupt.
                wipe(&line)
                throw CommandFailure("no password was given")
            }
        }
    }
}
