"""Looks for secrets in the memory of a process, which only the superuser may."""


def memory(process):
    """The contents of all memory that the process can write to."""
    with open(f"/proc/{process.pid}/maps") as maps, open(f"/proc/{process.pid}/mem", "rb", buffering=0) as contents:
        for line in maps:
            addresses, rights = line.split()[:2]
            if not rights.startswith("rw") or "[vvar" in line:
                continue
            start, end = (int(part, 16) for part in addresses.split("-"))
            contents.seek(start)
            try:
                yield contents.read(end - start)
            except OSError:
                continue


def found(process, marks):
    """Which of the marks are somewhere in memory; of each a part is enough."""
    parts = {name: mark[4:28] for name, mark in marks.items()}
    left = set()
    for region in memory(process):
        left |= {name for name, part in parts.items() if part in region}
    return left
