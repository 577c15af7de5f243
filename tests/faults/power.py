# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 4 of the proof: a model of power loss. The shim has written down what reached the page cache, in order; here that
is replayed up to a moment, and what was not fsynced by then is kept, dropped, reordered or torn. From the image that
the disk could hold then, the same command must lead to the right result.

What a disk owes:
- an fsync of a file keeps its bytes and its size, nothing else; one of a folder keeps the names in it;
- names that are not synced come in order within a folder, up to some point (`strict`), or the way ext4 does
  it: in order over all folders, and at least up to the last fsync of anything (`ordered`);
- writes that are not synced may each be there or not, or up to the end of one of their sectors; what lies
  between is zeros.
"""
import os, shutil, struct
from pathlib import Path

from harness import Bench, Test, compare

DEED = struct.Struct("=IIIIQQ")
SECTOR = 512


def read_journal(path):
    """(kind, inode, offset, bytes or text, text)"""
    raw, at, deeds = path.read_bytes(), 0, []
    while at + DEED.size <= len(raw):
        kind, n_a, n_b, _, inode, offset = DEED.unpack_from(raw, at)
        at += DEED.size
        a, b = raw[at:at + n_a], raw[at + n_a:at + n_a + n_b]
        at += n_a + n_b
        deeds.append((chr(kind), inode, offset, a, b))
    return deeds


class File:
    def __init__(self, content=b""):
        self.content, self.durable, self.pending = bytearray(content), bytes(content), []

    def change(self, kind, offset, data):
        apply(self.content, kind, offset, data)
        self.pending.append((kind, offset, data))

    def sync(self):
        self.durable, self.pending = bytes(self.content), []

    def after_loss(self, rng, fate):
        """What of it is there: `fate` is how the writes fare that were not synced."""
        content = bytearray(self.durable)
        kept = len(self.pending) if fate == "all" else 0 if fate == "none" else rng.randint(0, len(self.pending))
        for i, (kind, offset, data) in enumerate(self.pending):
            if fate == "some" and rng.random() < 0.5 or fate in ("prefix", "torn", "none") and i > kept:
                continue
            if fate != "all" and i == kept:
                if fate != "torn" or kind != "W":
                    continue
                end = (offset + rng.randrange(len(data) + 1)) // SECTOR * SECTOR
                data = data[:max(0, end - offset)]
            apply(content, kind, offset, data)
        return bytes(content)


def apply(content, kind, offset, data):
    if kind == "T":
        del content[offset:]
        content.extend(bytes(offset - len(content)))
    elif data:
        content.extend(bytes(max(0, offset - len(content))))
        content[offset:offset + len(data)] = data


class Disk:
    """Files by inode, names by path; names that are not on the disk yet wait in `pending`, in order."""

    def __init__(self, base):
        self.files, self.names, self.durable, self.pending = {}, {}, {}, []
        for path, (inode, content) in base.items():
            self.files[inode] = File(content) if content is not None else None
            self.durable[path] = self.names[path] = self.files[inode]
        self.n_synced = 0  # of `pending`, in the ordered way

    def name(self, path, file):
        if file is False:
            self.names.pop(path, None)
        else:
            self.names[path] = file
        self.pending.append((os.path.dirname(path), [(path, file)]))

    def deed(self, kind, inode, offset, a, b):
        path = a.decode() if kind in "CDURM" else ""
        if kind == "C":
            self.files[inode] = File()
            self.name(path, self.files[inode])
        elif kind == "M":
            self.name(path, None)
        elif kind == "U":
            self.name(path, False)
        elif kind == "R":
            to = b.decode()
            file = self.names.pop(path, None)
            self.names[to] = file
            self.pending.append((os.path.dirname(to), [(path, False), (to, file)]))
        elif kind in "WT" and self.files.get(inode):
            self.files[inode].change(kind, offset, a)
        elif kind == "S" and self.files.get(inode):
            self.files[inode].sync()
            self.n_synced = len(self.pending)
        elif kind == "D":
            self.pending = [p for p in self.pending if not self.keep(p, path)]
            self.n_synced = min(self.n_synced, len(self.pending))

    def keep(self, entry, folder):
        """Puts a name onto the disk if it stands in this folder."""
        if entry[0] != folder:
            return False
        self.put(self.durable, entry)
        return True

    @staticmethod
    def put(names, entry):
        for path, file in entry[1]:
            if file is False:
                names.pop(path, None)
            else:
                names[path] = file

    def after_loss(self, rng):
        """{path: bytes, or None for a folder}"""
        names = dict(self.durable)
        if rng.random() < 0.5:
            how = "ordered"
            for entry in self.pending[:rng.randint(self.n_synced, len(self.pending))]:
                self.put(names, entry)
        else:
            how = "strict"
            for folder in {entry[0] for entry in self.pending}:
                mine = [entry for entry in self.pending if entry[0] == folder]
                for entry in mine[:rng.choice((0, len(mine), rng.randint(0, len(mine))))]:
                    self.put(names, entry)
        fate = rng.choice(("all", "none", "none", "some", "prefix", "torn"))
        return f"names {how}, writes {fate}", {path: file.after_loss(rng, fate) if file else None
                                               for path, file in names.items()}


# ---- recording and going on ----

def base_of(bench):
    base = {str(bench.out): (os.stat(bench.out).st_ino, None)}
    for path in bench.out.rglob("*"):
        base[str(path)] = (path.stat().st_ino, path.read_bytes())
    return base


def record(test, bench, killed_at):
    """The journal of a run, or of one that was killed at a call and of the one that went on."""
    bench.reset()
    base, journal = base_of(bench), test.scratch / f"{bench.folder.name}.journal"
    journal.unlink(missing_ok=True)
    inject = {"journal": journal, "root": bench.folder}
    if killed_at:
        bench.run(inject={**inject, "calls": "write,pwrite,rename,fsync,fdatasync", "do": "kill", "at": killed_at})
    end = bench.run(inject=inject)
    deeds = read_journal(journal)
    folders = (str(bench.out), str(bench.state))
    if end.status != bench.status or not compare_outputs(bench) == []:
        test.bail(f"{bench.name}: a run that is recorded ends with {end.status}: {end.error}")
    replayed = Disk(base)
    for deed in deeds:
        replayed.deed(*deed)
    for path, file in replayed.names.items():
        # What goes by mmap the shim does not see: the index of SQLite's log, and one byte of NAME.seq.
        if file and path.startswith(folders) and not path.endswith(("-shm", ".seq")) and Path(path).read_bytes() != file.content:
            test.bail(f"the shim has not seen all that was written to {path}")
    return base, deeds


def compare_outputs(bench):
    got = bench.snapshot()
    return [line for line in compare(bench.expected, {**got, "books": bench.expected["books"],
                                                      "names in state": bench.expected["names in state"]})]


def put_image(bench, image):
    for folder in (bench.out, bench.state):
        shutil.rmtree(folder, ignore_errors=True)
    bench.report.unlink(missing_ok=True)
    for path, content in sorted(image.items()):
        path = Path(path)
        if path in (bench.out, bench.state):
            path.mkdir(mode=0o700)
        elif path.parent in (bench.out, bench.state) and path.parent.is_dir() and not path.name.endswith("-shm"):
            path.write_bytes(content)
            path.chmod(0o600)


def moments(deeds):
    """Where it matters most: right before and after what is synced or named."""
    return [i for i, deed in enumerate(deeds) if deed[0] in "SDRUCM"]


def one(bench, recorded, rng):
    base, deeds = recorded
    points = moments(deeds)
    at = rng.choice((rng.randrange(len(deeds) + 1), rng.choice(points), rng.choice(points) + 1, len(deeds)
                     if rng.random() < 0.3 else rng.choice(points) + 1))
    disk = Disk(base)
    for deed in deeds[:at]:
        disk.deed(*deed)
    how, image = disk.after_loss(rng)
    put_image(bench, image)
    if at == len(deeds):  # the operator has seen the exit status 0
        wrong = [f"after the end: {line}" for line in compare_outputs(bench)]
    else:
        wrong = bench.finish(again=False)
    return wrong, f"power lost before deed {at} of {len(deeds)} ({how})"


def main():
    test = Test("row 4: power loss")
    pipelines = test.pipelines()
    full = -(-500 // len(pipelines))
    for name in pipelines:
        bench = Bench(test, name, 300).measure()
        recorded = [record(test, bench, 0), *(record(test, bench, at) for at in (25, 60))]
        bad = done = 0
        for i in test.iterations(-(-test.share(240, 500) // len(pipelines))):
            rng = test.rng("power", name, i)
            wrong, what = one(bench, rng.choice(recorded), rng)
            bad += not test.report(bench, wrong and [what, *wrong], i, 5)
            done += 1
            if bad >= 4:
                break
        test.ok(not bad, f"{name}: {done} of {full} images after a loss of power: all are recovered, nothing "
                "acknowledged is lost")
    test.done()


if __name__ == "__main__":
    main()
