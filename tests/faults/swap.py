# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Row 11 of the proof: Monday the file, Tuesday the API, from one state; and what one target knows does not stand for
another, whether its run was done or killed."""
from api_load import ApiBench, Server
import data
from harness import Test

KILLS = 3


def wanted(rows):
    """Ids that both loads must have: those of the CSV pipeline, which has the same stages."""
    return data.loaded("csv", rows)


def run(bench, server=None):
    words = ["--load", "api", "--param", f"port={server.port}"] if server else []
    return bench.run(command=[*bench.plain, *words])


def loads_all(test, bench, server, what):
    end = run(bench, server)
    got = server.ids()
    test.ok(end.status == 0 and got == wanted(bench.rows), f"{what}: loads everybody ({len(got)} of {len(wanted(bench.rows))}, "
            f"ended with {end.status})")
    if end.status:
        test.note(end.error)


def main():
    test = Test("row 11: Monday and Tuesday")
    if not test.has_http():
        test.skip("no load-http")
    bench = ApiBench(test, "http-swap", 2000)
    bench.reset()
    end = run(bench)
    test.ok(end.status == 0 and data.read_loaded("csv", bench.out) == wanted(bench.rows), "Monday, into a file: everybody is there")
    with Server(bench.folder, test.seed) as staging, Server(bench.folder, test.seed) as production:
        loads_all(test, bench, staging, "Tuesday, --load api on the same state")
        before = staging.ask("/stats").get("created", 0)
        loads_all(test, bench, production, "another target, the same load")
        test.ok(staging.ask("/stats").get("created", 0) == before, "which does not touch the first")
        first = (bench.out / "results.csv").read_bytes()
        end = run(bench, production)
        test.ok(end.status == 0 and production.ids() == wanted(bench.rows), "once more: nobody is doubled")
        test.note(f"results {'are' if (bench.out / 'results.csv').read_bytes() == first else 'are not'} those of the run before")
    killed_between(test, bench)
    test.done()


def killed_between(test, bench):
    """The file's run is killed, the API's runs to its end, the file's goes on; and the other way round."""
    bench.reset()
    with Server(bench.folder, test.seed, delay=2) as server:
        rng, kills = test.rng("swap"), 0
        for _ in range(KILLS):
            kills += bench.run(kill_s=rng.uniform(0.02, 0.05), command=bench.plain).killed
            kills += bench.run(kill_s=rng.uniform(0.05, 0.2),
                               command=[*bench.plain, "--load", "api", "--param", f"port={server.port}"]).killed
        ends = [run(bench).status, run(bench, server).status]
        test.ok(ends == [0, 0] and server.ids() == wanted(bench.rows) and data.read_loaded("csv", bench.out) == wanted(bench.rows),
                f"killed {kills} times in turn, each goes on with its own: everybody is in both, once (ended with {ends})")


if __name__ == "__main__":
    main()
