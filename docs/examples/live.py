"""Listens on interfaces: a line for each duplicate as it is found, and the report at the end."""

import sys

import seqcheck


def main(interfaces: list[str], seconds: float) -> seqcheck.Report:
    """Listen for so long."""
    with seqcheck.live(interfaces, layout="udp:5000 seq=u64be@10", duration=seconds) as capture:
        print("listening", flush=True)
        for news in capture:
            if isinstance(news, seqcheck.Found):
                print(f"{news.seq} again, {news.distance} records later: {news.cause}", flush=True)
            elif news.dropped:
                print(f"{news.dropped} frames were lost on our side", flush=True)
    report = capture.report()
    print(report.verdict.statement)
    return report


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[2:], float(sys.argv[1])).exit_code)
    except seqcheck.SeqcheckError as error:
        sys.exit(str(error))
