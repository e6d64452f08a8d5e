import ArgumentParser

/// Where temporary drives go.
struct ScratchOption: ParsableArguments {
    @Option(help: "Directory on the drive to measure, for temporary drives.")
    var scratch = "/var/tmp"
}
