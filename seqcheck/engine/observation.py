"""A pipeline with what every report needs, and the report so far.

    seen = Observation(kernel, layouts, sinks)
    run(reader, seen.pipeline)
    seen.conclude(capture, Question())     # at the end, or at any time before

The conclusion is a value: nothing in it changes later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..dataclass import dataclass, replace
from ..decode.decoder import key_columns, keys_of_several, tally
from ..diagnose import Diagnosis, Facts
from ..diagnose.natural import Natural, natural, with_records
from ..errors import InputError, UsageError
from ..kernel.border import FRAGMENT, REASONS, RECORD, STREAMS
from ..kernel.protocols import Kernel
from ..layout import Layout
from ..layout import write as spec_of
from ..model import RING_CAUSES, UNREAD, Capture, Damage, LayoutInfo, Pair, Records, Report, Tool, Verdict
from ..report import assemble, limited
from ..report.timeline import Timeline
from ..report.unnumbered import unnumbered
from ..saved import Saved
from ..sink import Sink
from ..track.tracker import Findings, Limit, LimitName
from ..version import VERSION
from .evidence import EvidenceSink
from .guard import ADVICE, Budget, UnfinishedError, within
from .judging import Judged, counted, judge
from .pipeline import Chosen, Pipeline
from .recognition import Recognition, first_frames
from .ways import Ways, by_design

if TYPE_CHECKING:
    from .other_traffic import OtherTraffic

SEVERAL = "a frame holds several records, so distances in records say nothing about slots"
# Why other traffic is not compared by its bytes, where nobody said whether to.
ONCE = "only files that have a name can be read again. With --also-content it is compared while frames are read"
LOST = 0.05  # of the records do not follow the one before: then the layout is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: the sender's ring sizes, if known, how many findings to list, and what judging may take. After the
    `last` question nothing is asked, so that memory can be let go first."""

    ring_sizes: Sequence[int] = ()
    listed: int = 1000
    budget: Budget = Budget()
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """A report and what it was made from. `diagnosis` is None if judging failed, and `fault` the exception, if it
    was one. `natural`: which rows mean nothing, where frames carry no numbers."""

    report: Report
    findings: Findings
    diagnosis: Diagnosis | None
    facts: Facts
    fault: Exception | None = None
    natural: Natural | None = None


class Observation:
    """Feed its `pipeline`; ask at any time."""

    def __init__(
        self, engine: Kernel, layouts: Sequence[Layout], sinks: Sequence[Sink] = (), *, also_content: bool = False
    ) -> None:
        """`layouts` and `sinks` as for the Pipeline; `also_content`: foreign frames are told apart by their bytes."""
        if also_content and any(layout.content for layout in layouts):
            raise UsageError("the layout content tells all frames apart by their bytes already")
        self._timeline, self._evidence, self._ways = Timeline(), EvidenceSink(), Ways()
        self._others = _other_traffic(engine) if also_content else None
        more = (self._others,) if self._others else ()
        self.pipeline = Pipeline(engine, layouts, (self._timeline, self._evidence, self._ways, *more, *sinks))

    def save(self, into: Saved) -> None:
        """What is known once all has come, before what is left open is decided; see Pipeline.save."""
        self.pipeline.save(into)
        self._timeline.save(into.within("timeline"))
        self._evidence.save(into.within("evidence"))
        self._ways.save(into.within("ways"))

    def resume(self, saved: Saved, frames: int) -> None:
        """Go on from there, after that many frames; see Pipeline.resume."""
        streams, last = self.pipeline.resume(saved)
        if last > frames:
            raise ValueError("a frame that did not come")
        self._timeline.load(saved.within("timeline"))
        for rows in (self._timeline.strays(), self._timeline.points()):
            if ((rows["stream"] < 0) | (rows["stream"] >= streams) | (rows["frame"] > frames)).any():
                raise ValueError("a stream or a frame that did not come")
        if self._timeline.frames > frames:
            raise ValueError("a frame that did not come")
        self._evidence.load(saved.within("evidence"), streams, frames)
        self._ways.load(saved.within("ways"))

    def conclude(self, capture: Capture, question: Question) -> Conclusion:
        """As of now. InputError if there is no record, or no layout was recognized."""
        chosen = self.pipeline.chosen
        if chosen is None:
            raise _unknown_layout(self.pipeline.recognition, capture)
        foreign, skipped = tally(chosen.decoder.sources())
        found, nature = chosen.track.end() if question.last else chosen.track.findings(), None
        if chosen.content is not None:
            nature = natural(chosen.content)
            found, left = nature.without(found)
            skipped = with_records(skipped, left)
        findings, keys = _with_decoder(found, chosen, skipped), chosen.decoder.keys()
        if not len(findings.streams):
            fit = _sequenced(chosen, findings)
            raise _no_record(chosen.layouts, skipped, capture, _advice(self.pipeline), fit)
        facts = Facts(
            ring_sizes=tuple(question.ring_sizes),
            evidence=self._evidence.evidence,
            kinds=dict(self._evidence.foreign.most_common()),
            foreign=foreign,
            skipped=skipped,
            redundant=all(layout.redundant or by_design(layout) for layout in chosen.layouts),
            ways=self._ways.counts,
            dropped=capture.dropped,
            numbered=chosen.content is None,
            course=self._timeline.points(),
        )
        how = self.pipeline.how
        if not how and not facts.redundant and not limited.UNSEEN & {each.name for each in findings.limits}:
            how = self._doubt(findings)  # of what is all there: two orders mixed count in none
        layouts = tuple(
            LayoutInfo(name=layout.name or "discovered", spec=spec_of(layout), how=how) for layout in chosen.layouts
        )
        sequenced, received = _sequenced(chosen, findings), int(findings.streams["received"].sum())
        judged = (
            counted(findings, facts, self._timeline, listed=question.listed, why=SEVERAL)
            if sequenced != received and findings.streams["duplicates"].any()
            else judge(findings, facts, self._timeline, listed=question.listed, budget=question.budget)
        )
        report = Report(
            seqcheck=Tool(version=VERSION, kernel=self.pipeline.engine.NAME),
            capture=capture,
            layout=layouts[0],
            layouts=layouts,
            records=Records(sequenced=sequenced, foreign=foreign, skipped=skipped),
            streams=assemble.streams(findings, _keys(chosen, keys), numbered=facts.numbered),
            duplicates=judged.duplicates,
            gaps=assemble.gaps(findings, question.listed),
            verdict=limited.judged(_as_far_as_read(judged.verdict, capture), findings.limits, len(findings.streams)),
            also=judged.also,
            overview=judged.overview,
            redundancy=judged.redundancy,
            limits=limited.reached(findings.limits),
            pair=self._pair(judged),
        )
        if nature is not None:
            report = unnumbered(report, renewed=nature.renewed)
        elif self._others is not None:
            from .same_ring import Numbered, beside  # here, since few runs need it

            numbered = Numbered(findings=findings, facts=facts, diagnosis=judged.diagnosis)
            others = self._others.others(chosen.decoder.sources(), last=question.last)
            report = beside(report, others, numbered, listed=question.listed, budget=question.budget)
        return Conclusion(
            report=report,
            findings=findings,
            diagnosis=judged.diagnosis,
            facts=facts,
            fault=judged.fault,
            natural=nature,
        )

    def _pair(self, judged: Judged) -> Pair | None:
        """The first one that was compared and is of the verdict's cause."""
        cause = judged.verdict.cause
        frames = (
            {each.frame for each in judged.duplicates.listed if each.cause == cause} if self._evidence.pairs else ()
        )
        return min((pair for pair in self._evidence.pairs if pair.frame in frames), key=_frame, default=None)

    def _doubt(self, findings: Findings) -> str:
        """What is wrong with a layout whose numbers hardly ever follow one another, if that can be told."""
        streams = findings.streams
        lost = sum(int(streams[name].sum()) for name in ("gaps", "restarts", "outliers", "late", "duplicates"))
        if max(lost, len(streams)) < LOST * int(streams["received"].sum()):
            return ""
        return " ".join(_advice(self.pipeline))


def may_tell_more(report: Report) -> bool:
    """Whether the verdict is a ring's, and the sender's other traffic may hold stale slots of it."""
    verdict = report.verdict
    ring = verdict.cause in RING_CAUSES and verdict.strength in ("moderate", "strong")
    return ring and report.numbered and report.records.foreign > 0


def not_compared(conclusion: Conclusion, why: str) -> Conclusion:
    """With a caveat that other traffic may show more."""
    report = conclusion.report
    caveats = (*report.verdict.caveats, f"Other traffic was not compared by its bytes: {why}.")
    return replace(conclusion, report=replace(report, verdict=replace(report.verdict, caveats=caveats)))


def _other_traffic(engine: Kernel) -> OtherTraffic:
    from .other_traffic import OtherTraffic  # here, since few runs need it

    return OtherTraffic(engine)


def _sequenced(chosen: Chosen, findings: Findings) -> int:
    """Frames that are records: as many as there are records, where each holds one."""
    if any(layout.several for layout in chosen.layouts):
        return int(chosen.decoder.sources()["counts"][:, RECORD].sum())
    return int(findings.streams["received"].sum())


def _keys(chosen: Chosen, keys: NDArray[Any]) -> assemble.Keys:
    """The streams' keys, for the report."""
    layouts, several = chosen.layouts, chosen.several
    if several is None:
        return lambda low, high: key_columns(keys[low:high], layouts[0])
    which = several.which
    return lambda low, high: keys_of_several(keys[low:high], which[low:high], layouts)


def _frame(pair: Pair) -> int:
    return pair.frame


def _advice(pipeline: Pipeline) -> tuple[str, ...]:
    """What is wrong with a layout that no frame fits, as far as the first frames tell once the input has ended."""
    store, chosen = pipeline.store, pipeline.chosen
    if store is None or chosen is None or chosen.content is not None or len(chosen.layouts) > 1:
        return ()
    from ..layout.discovery import check  # here, since few runs need it

    try:
        return within(ADVICE, lambda: check(first_frames(store), chosen.layouts[0], pipeline.engine))
    except UnfinishedError:  # advice is worth a moment, and no report
        return ()


def _with_decoder(findings: Findings, chosen: Chosen, skipped: Mapping[str, int]) -> Findings:
    """With the limits that are the decoder's, where they were reached."""
    counts: dict[LimitName, int] = {"streams": skipped.get(REASONS[STREAMS], 0)}
    if any(layout.each for layout in chosen.layouts):  # others have their record where their payload begins
        counts["cut"] = chosen.cut
        sent = chosen.decoder.sources()["counts"]
        counts["fragments"] = int(sent[sent[:, RECORD] > 0, FRAGMENT].sum())
    more = [Limit(name=name, stream=None, count=count) for name, count in counts.items() if count]
    return replace(findings, limits=(*more, *findings.limits))


def _as_far_as_read(verdict: Verdict, capture: Capture) -> Verdict:
    """With a caveat where something was left unread, or was not asked for."""
    parts = [each for each in (capture.unread, capture.selected) if each]
    more = [f"This report covers only part of the capture: {each}." for each in parts]
    return replace(verdict, caveats=(*verdict.caveats, *more)) if more else verdict


def _unknown_layout(recognition: Recognition | None, capture: Capture) -> InputError:
    if not capture.frames or recognition is None:
        return _no_frame(capture)
    return recognition.error(capture)


def _no_record(
    layouts: Sequence[Layout], skipped: dict[str, int], capture: Capture, advice: Sequence[str], fit: int
) -> InputError:
    if not capture.frames:
        return _no_frame(capture)
    names = " or ".join(each.name for each in layouts)
    if fit:
        return InputError(f"{fit:,} of {capture.frames:,} frames fit the layout {names}, but none covers a number")
    order = [reason for reason in REASONS if reason in skipped]
    why = ", ".join(f"{reason} {skipped[reason]:,}" for reason in order)
    return InputError(
        f"none of the {capture.frames:,} frames fits the layout {names} (skipped: {why})",
        hint="\n".join([*(f"It reads: {spec_of(each)}" for each in layouts if not each.content), *advice]),
    )


def _no_frame(capture: Capture) -> InputError:
    if capture.selected:
        return InputError(f"{', '.join(capture.inputs)}: the selection matches no frame: {capture.selected}")
    return InputError(
        f"{', '.join(capture.inputs)}: the capture holds no frames", hint="; ".join(map(_at, capture.damage))
    )


def _at(damage: Damage) -> str:
    """What was wrong, and where, if it was something in the bytes."""
    unread = damage.what.startswith(UNREAD) and not damage.offset
    return damage.what if unread else f"at byte {damage.offset:,}: {damage.what}"
