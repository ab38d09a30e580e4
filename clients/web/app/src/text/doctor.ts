/** What the administrator can do about a cause, and the report that they are given: it comes with the screens that show it. */
import type { Cause, Course, Diagnosis, EndReason, RelayState } from '@visavis/client';
import type { CallModel, Ended } from '../model/model.ts';
import { type Language, speaker } from './language.ts';

const en = {
  'doctor.admin': 'For the administrator',
  'doctor.copy': 'Copy report',
  'doctor.copied': 'Copied',
  'doctor.report': 'Report',
  'doctor.check': 'Check my device',
  'fix.server': 'Run “visavis doctor” on the server. A proxy before it must pass /ws and /sse on.',
  'fix.no-relay': 'Set relay.listen, for example ["0.0.0.0:3478"], and open that port for UDP and TCP.',
  'fix.relay-refused':
    'Run “visavis doctor” on the server. A relay elsewhere needs the same secret (relay.secret_file, “visavis relay secret”), and a clock that is right.',
  'fix.relay-unreachable':
    'Run “visavis doctor” on the server: are the ports of relay.listen (3478, UDP and TCP) open, and is relay.host right? HTTPS on port 443 lets TURN over TLS pass almost everywhere.',
  'fix.relay-full':
    'Raise relay.max_allocations, or for one user relay.max_allocations_per_user and relay.max_new_allocations_per_s.',
  'fix.relay-down':
    'The relay does not answer the server either. Run “visavis doctor” on the server: does it run (relay.listen, or each of relay.others), and are its ports open?',
  'fix.relay-mute':
    'Run “visavis doctor” on the server. Are the ports of relay.ports open for UDP, and is relay.external_ip the public address?',
  'fix.udp': 'Let UDP to port 3478 of the server out of this network. Calls then sound better on a bad line.',
  'fix.relay-far':
    'The call went through the relay. A relay nearer to these two (“visavis relay”, relay.others) shortens the way.',
  'fix.relay-busy':
    'The call went through the relay. Is its line or processor full, or do relay.max_bytes_per_s and relay.max_packets_per_s allow too little?',
} as const;

/** What can be said. */
export type DoctorKey = keyof typeof en;
/** What there is to be done, by cause. */
export type Fix = Extract<DoctorKey, `fix.${string}`>;

const zhCn: Record<DoctorKey, string> = {
  'doctor.admin': '致管理员',
  'doctor.copy': '复制报告',
  'doctor.copied': '已复制',
  'doctor.report': '报告',
  'doctor.check': '检测我的设备',
  'fix.server': '在服务器上运行“visavis doctor”。前置代理必须转发 /ws 和 /sse。',
  'fix.no-relay': '设置 relay.listen，例如 ["0.0.0.0:3478"]，并开放该端口的 UDP 与 TCP。',
  'fix.relay-refused':
    '在服务器上运行“visavis doctor”。部署在别处的中继须使用相同密钥（relay.secret_file，“visavis relay secret”），且时钟准确。',
  'fix.relay-unreachable':
    '在服务器上运行“visavis doctor”：relay.listen 的端口（3478，UDP 与 TCP）是否开放，relay.host 是否正确？在 443 端口启用 HTTPS 后，TURN over TLS 几乎在任何网络都能通过。',
  'fix.relay-full':
    '调高 relay.max_allocations；若只有一个用户受限，则调高 relay.max_allocations_per_user 和 relay.max_new_allocations_per_s。',
  'fix.relay-down':
    '中继对服务器自己也无应答。在服务器上运行“visavis doctor”：中继（relay.listen 或 relay.others 中的每一个）是否在运行，端口是否开放？',
  'fix.relay-mute':
    '在服务器上运行“visavis doctor”。relay.ports 的 UDP 端口是否开放，relay.external_ip 是否为公网地址？',
  'fix.udp': '请让此网络放行到服务器 3478 端口的 UDP，线路差时通话会更清晰。',
  'fix.relay-far': '通话经过中继。在离双方更近处部署中继（“visavis relay”，relay.others）可缩短线路。',
  'fix.relay-busy':
    '通话经过中继。其线路或处理器是否已满，relay.max_bytes_per_s 和 relay.max_packets_per_s 是否过低？',
};

/** The dictionary of each language. */
export const DOCTOR: Readonly<Record<Language, Readonly<Record<DoctorKey, string>>>> = { en, 'zh-CN': zhCn };

/** The text for `key` in the page's language. */
export const d = speaker(DOCTOR);

/** What helps on the server's side, which may say how its relay stands; null where only the people themselves can help. */
export function fixOf({ code }: Diagnosis, relay?: RelayState): Fix | null {
  switch (code) {
    case 'offline-here':
    case 'offline-there':
    case 'blocked-here':
    case 'nothing-from-there':
      return null;
    case 'no-relay':
      return 'fix.no-relay';
    case 'relay-refused-here':
      return 'fix.relay-refused';
    case 'relay-full':
      return 'fix.relay-full';
    case 'relay-unreachable-here':
    case 'relay-unreachable-there':
      return relay === 'full' || relay === 'failing' ? RELAY_FIXES[relay] : 'fix.relay-unreachable';
    case 'no-path':
      return 'fix.relay-mute';
  }
}

const RELAY_FIXES = { full: 'fix.relay-full', failing: 'fix.relay-down' } as const;

/** The same against what was wrong with a call. */
export function fixOfCause({ code, path }: Cause): Fix | null {
  if (code === 'no-udp') return 'fix.udp';
  if (path === 'direct') return null;
  if (code === 'late') return 'fix.relay-far';
  return code === 'loss' || code === 'jitter' ? 'fix.relay-busy' : null;
}

/** What the administrator can do about whatever was wrong. */
export function fixAfter({ summary: { diagnosis, course } }: Ended, relay?: RelayState): Fix | null {
  if (diagnosis) return fixOf(diagnosis, relay);
  return course?.cause ? fixOfCause(course.cause) : null;
}

/** Ends that are nobody's wish. */
const FAULTS: ReadonlySet<EndReason> = new Set([
  'media-failed',
  'connection-lost',
  'incompatible-media',
  'permission',
  'refused',
  'server',
]);

/** Whether there is something to report. */
export function isFault({ reason, summary }: Ended): boolean {
  return FAULTS.has(reason) || summary.course?.cause !== undefined;
}

/** On whose side the cause is, as far as this device can tell. */
function sideOf(code: Diagnosis['code']): string {
  switch (code) {
    case 'offline-here':
    case 'blocked-here':
    case 'relay-unreachable-here':
      return 'this side';
    case 'offline-there':
    case 'nothing-from-there':
    case 'relay-unreachable-there':
      return 'the other side';
    case 'no-relay':
    case 'relay-refused-here':
    case 'relay-full':
    case 'no-path':
      return 'the server';
  }
}

/**
 * A call that went wrong, for whoever runs the server, and in English for whoever helps them: no names, addresses or secrets. The
 * call's id is that of the server's log.
 */
export function callReport(
  call: CallModel,
  ended: Ended,
  at: Date,
  browser: string,
  relay?: RelayState,
): string {
  const { reason, summary } = ended;
  const { diagnosis, course, error, durationMs } = summary;
  const { micError, cameraError } = call.local;
  const fix = fixAfter(ended, relay);
  const lines = [
    'Visavis call report',
    `time: ${at.toISOString()}`,
    `call: ${call.id}`,
    `began: ${call.direction === 'out' ? 'from here' : 'from there'}, ${call.media.video ? 'video' : 'voice'}`,
    `ended: ${reason}, after ${Math.round(durationMs / 1000)} s of media`,
    ...(error ? [`refused: ${error.code}`] : []),
    ...(micError ? [`microphone: ${micError.code}`] : []),
    ...(cameraError ? [`camera: ${cameraError.code}`] : []),
    ...(diagnosis ? diagnosisLines(diagnosis) : course ? courseLines(course) : []),
    ...(relay ? [`relay, as the server sees it: ${relay}`] : []),
    ...(fix ? [`what helps: ${en[fix]}`] : []),
    `browser: ${browser}`,
  ];
  return lines.join('\n');
}

function diagnosisLines(diagnosis: Diagnosis): string[] {
  const { code, here, there, errors, reach } = diagnosis;
  const list = (some: readonly string[]) => some.join(', ') || 'none';
  const way = (name: 'udp' | 'tcp' | 'tls') => {
    const reached = reach[name];
    return `${name} ${reached == null ? 'unknown' : reached ? 'yes' : 'no'}`;
  };
  return [
    `cause: ${code}, on ${sideOf(code)}`,
    `addresses found: here ${list(here)}; there ${list(there)}`,
    `relay reached from here: ${way('udp')}, ${way('tcp')}, ${way('tls')}`,
    `relay answered: ${list(errors)}`,
  ];
}

const SIDES = { here: 'on this side', there: 'on the other side', between: 'between the two' } as const;

function courseLines({ cause, worst }: Course): string[] {
  const figure = (value: number | undefined, unit: string) =>
    value === undefined ? 'unknown' : `${Math.round(value)} ${unit}`;
  return [
    ...(cause ? [`cause: ${cause.code}, ${SIDES[cause.side]}, path ${cause.path}`] : []),
    ...(worst
      ? [
          `worst moment: ${worst.level}, ${figure(worst.rttMs, 'ms')} there and back`,
          ...(['receiving', 'sending'] as const).map((way) => {
            const { lossPct, jitterMs, kbps } = worst[way];
            return `${way}: ${figure(lossPct, '%')} lost, jitter ${figure(jitterMs, 'ms')}, ${kbps} kbit/s`;
          }),
        ]
      : []),
  ];
}
