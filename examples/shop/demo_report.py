"""What the demonstration measured: from the clients' record, the proxy's log and the controller's log to a table and a verdict."""
import dataclasses
import datetime
import json
import time
import typing

LIMIT_SECONDS = 1.0
SLOW_MS = 500


@dataclasses.dataclass
class Release:
    name: str
    about: str
    expected: str
    rollback_at: typing.Optional[int] = None
    started: float = 0
    ended: float = 0
    asked: float = 0  # when the rollback by hand was asked for
    steps_passed: int = 0
    steps: int = 0
    outcome: str = 'unfinished'
    message: str = ''
    hash: str = ''

    def seen(self, info):
        self.hash = info['currentHash']
        self.steps = info['steps']
        if not info['aborted']:
            self.steps_passed = max(self.steps_passed, info['step'])

    def finished(self, info):
        if info['aborted'] and info['actualWeight'] == 0 and info['status'] == 'Degraded':
            self.outcome = 'rolled back by hand' if self.asked else 'reverted'
            self.message = info['message']
        elif info['status'] == 'Healthy' and info['currentHash'] == info['stableHash']:
            self.outcome = 'promoted'
        else:
            return False
        self.ended = time.time()
        return True


@dataclasses.dataclass
class Figures:
    """One release's row. Times are seconds; None where there is nothing to measure."""
    release: Release
    requests: dict
    first_bad_to_verdict: typing.Optional[float] = None
    verdict_to_routing: typing.Optional[float] = None
    verdict_to_last_forwarded: typing.Optional[float] = None
    verdict_to_last_ended: typing.Optional[float] = None


@dataclasses.dataclass
class Verdict:
    rows: list
    complaints: list

    @property
    def good(self):
        return not self.complaints

    def figures(self):
        return {'good': self.good, 'complaints': self.complaints,
                'releases': [{**dataclasses.asdict(row)} for row in self.rows]}


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def count_requests(load, release):
    """Requests sent while the release went on, and how many of them failed, by revision."""
    counts = {}
    for line in load:
        if release.started <= line['t'] <= release.ended:
            sent, failed = counts.get(line['revision'], (0, 0))
            counts[line['revision']] = (sent + 1, failed + (line['status'] != 200))
    return counts


def canary_accesses(gateway, release):
    return [line for line in gateway if line.get('pod', '').startswith(f'shop-{release.hash}-')]


def forwarded_at(line):
    waited = sum(max(line.get(part, 0), 0) for part in ('receive_ms', 'queue_ms', 'connect_ms'))
    return int(line['routed_us']) / 1e6 + waited / 1e3


def ended_at(line):
    return int(line['routed_us']) / 1e6 + max(line.get('active_ms', 0), 0) / 1e3


def is_bad(line):
    slow = line.get('path') == '/' and line.get('response_ms', 0) > SLOW_MS
    return line['status'] >= 500 or slow


def first_time(controller, release, wanted):
    times = [seconds_of(line['time']) for line in controller if wanted(line)]
    return min((at for at in times if release.started <= at <= release.ended + 1), default=None)


def measure(release, load, gateway, controller):
    row = Figures(release, count_requests(load, release))
    if release.outcome == 'promoted':
        return row
    verdict = release.asked or first_time(
        controller, release, lambda line: line['message'] == 'analysis verdict' and line.get('phase') in ('Failed', 'Error'))
    routed = first_time(
        controller, release, lambda line: line['message'] == 'routes written' and line.get('canary') == '0' and seconds_of(line['time']) >= (verdict or 0))
    accesses = canary_accesses(gateway, release)
    bad = min((ended_at(line) for line in accesses if is_bad(line)), default=None)
    if verdict is None:
        return row
    if bad is not None and not release.asked:
        row.first_bad_to_verdict = verdict - bad
    if routed is not None:
        row.verdict_to_routing = routed - verdict
    if accesses:
        row.verdict_to_last_forwarded = max(forwarded_at(line) for line in accesses) - verdict
        row.verdict_to_last_ended = max(ended_at(line) for line in accesses) - verdict
    return row


def judge(releases, load, gateway, controller):
    rows = [measure(release, load, gateway, controller) for release in releases]
    complaints = []
    for row in rows:
        release = row.release
        if release.outcome != release.expected:
            complaints.append(f'{release.name} was to be {release.expected}, but is {release.outcome}')
        if release.outcome == 'promoted':
            continue
        if row.verdict_to_last_forwarded is None:
            complaints.append(f'{release.name}: nothing was measured')
        elif row.verdict_to_last_forwarded > LIMIT_SECONDS:
            complaints.append(f'{release.name}: a request was forwarded {row.verdict_to_last_forwarded:.3f} s after the verdict')
    wrong = [line for line in load if line['status'] != 200 and not (line['revision'] == 'v3' and line['status'] == 500)]
    for line in wrong[:5]:
        complaints.append(f'a request failed: {json.dumps(line)}')
    if len(wrong) > 5:
        complaints.append(f'… and {len(wrong) - 5} more')
    return Verdict(rows, complaints)


def milliseconds(value):
    return '–' if value is None else f'{value * 1000:.0f} ms'


def after(value):
    """When the last one came after the verdict; there may have been none."""
    return 'none' if value is not None and value < 0 else milliseconds(value)


def outcome_cells(row):
    release = row.release
    sent = ', '.join(f'{name} {sent}/{failed}' for name, (sent, failed) in sorted(row.requests.items()))
    return [f'{release.name}, {release.about}', release.outcome, f'{release.steps_passed}/{release.steps}', sent]


def return_cells(row):
    first = '–' if row.first_bad_to_verdict is None else f'{row.first_bad_to_verdict:.1f} s'
    return [row.release.name, first, milliseconds(row.verdict_to_routing), after(row.verdict_to_last_forwarded), after(row.verdict_to_last_ended)]


def show_table(table, screen):
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    screen.say('')
    for row in table:
        screen.say('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def show(verdict, screen):
    show_table([['release', 'ended', 'steps', 'requests sent/failed']] + [outcome_cells(row) for row in verdict.rows], screen)
    show_table([['way back', 'first bad→verdict', '→routed', '→last forwarded', '→last ended']]
               + [return_cells(row) for row in verdict.rows if row.release.outcome != 'promoted'], screen)
    screen.say('')
    for complaint in verdict.complaints:
        screen.say(f'NOT AS IT SHOULD BE: {complaint}')
    if verdict.good:
        screen.say('Every release ended as it should, and no request failed but those that a bad\nrevision answered badly.')
