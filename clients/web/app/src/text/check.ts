/** The checks before a call in words: each for itself, and all of them in one sentence. */
import type { Check, CheckName, RelayState } from '@visavis/client';
import { deviceMessage } from './device.ts';
import { DOCTOR, type Fix } from './doctor.ts';
import { fill, type Params } from './fill.ts';
import { type Language, say, speaker, t } from './language.ts';

const en = {
  'check.lead': 'This page checks by itself whether your next call will work. Nobody sees or hears you.',
  'check.running': 'Checking…',
  'check.mirror': 'Your camera',
  'check.mirror.wait': 'Allow microphone and camera when your browser asks.',
  'check.mirror.none': 'No picture. You can call with voice.',
  'check.mirror.busy': 'You are in a call, which has the camera.',
  'check.level': 'Loudness of your microphone',
  'check.list': 'What is checked',
  'check.server': 'Server',
  'check.relay-udp': 'Relay over UDP',
  'check.relay-tcp': 'Relay over TCP',
  'check.relay-tls': 'Relay over TLS',
  'check.ms': '{ms} ms',
  'check.relay': '{ms} ms, {loss} % lost',
  'check.heard': 'Something is heard',
  'check.unheard': 'Opened, and not listened to yet',
  'check.unchecked': 'Not checked',
  'check.seen': 'There is a picture',
  'check.plays': 'Can play. Do you hear the sound?',
  'check.ding': 'Play a sound',
  'check.absent': 'Not offered by this server',
  'check.skipped': 'Not checked during a call',
  'check.works': 'works',
  'check.fails': 'does not work',
  'check.no-answer': 'No answer',
  'check.refused': 'Refused',
  'check.full': 'No room',
  'check.mute': 'Nothing comes through',
  'check.silent': 'Gives nothing but silence',
  'check.dark': 'Gives no picture',
  'check.click': 'Press the button first',
  'check.broken': 'Does not work',
  'check.again': 'Check again',
  'check.call': 'Call now',
  'check.good': 'Everything works. You are ready to call.',
  'check.good.voice': 'Your connection works.',
  'check.good.unheard': 'Your connection works. Check again to have your microphone listened to.',
  'check.over-tcp':
    'Your network blocks UDP. Calls go over TCP instead, and may stutter when the network is busy.',
  'check.over-tls':
    'Your network lets only the web through. Calls go over TLS instead, and may stutter when the network is busy.',
  'check.weak':
    'Your connection is weak: {loss} % is lost, and {ms} ms pass there and back. Calls may stutter.',
  'check.server-down': 'The server does not answer. Check your network, or try again in a moment.',
  'check.no-relay':
    'This server has no relay. Calls work only between networks that reach each other directly.',
  'check.relay-refused':
    'The server’s relay does not accept the server’s own password. Calls work only where a direct path exists.',
  'check.relay-full': 'The server’s relay has no room. Calls work only where a direct path exists.',
  'check.relay-mute':
    'The server’s relay answers and carries nothing. Calls work only where a direct path exists.',
  'check.relay-down':
    'The server answers and its relay does not: your network blocks it, or the relay is down. Turn off VPN or try another network.',
  'check.relay-dead': 'The server’s relay does not answer. The administrator has been told.',
  'check.relay-blocked':
    'Your network blocks calls: the server’s relay works, and is not reached from here. Turn off VPN or try another network.',
  'check.mic-silent': 'Your microphone gives nothing but silence. Look for a mute switch on the headset.',
  'check.camera-dark': 'Your camera gives no picture. Look for a cover, or call with voice.',
} as const;

/** What can be said. */
export type CheckKey = keyof typeof en;

const zhCn: Record<CheckKey, string> = {
  'check.lead': '此页面会自动检测下一次通话能否正常进行。没有人会看到或听到你。',
  'check.running': '正在检测…',
  'check.mirror': '你的摄像头',
  'check.mirror.wait': '浏览器询问时，请允许使用麦克风和摄像头。',
  'check.mirror.none': '没有画面。你可以语音通话。',
  'check.mirror.busy': '你正在通话，摄像头正被使用。',
  'check.level': '麦克风音量',
  'check.list': '检测项目',
  'check.server': '服务器',
  'check.relay-udp': '中继（UDP）',
  'check.relay-tcp': '中继（TCP）',
  'check.relay-tls': '中继（TLS）',
  'check.ms': '{ms} 毫秒',
  'check.relay': '{ms} 毫秒，丢包 {loss}%',
  'check.heard': '能听到声音',
  'check.unheard': '已打开，尚未检测声音',
  'check.unchecked': '未检测',
  'check.seen': '有画面',
  'check.plays': '可以播放。你听到声音了吗？',
  'check.ding': '播放提示音',
  'check.absent': '此服务器未提供',
  'check.skipped': '通话中不检测',
  'check.works': '正常',
  'check.fails': '异常',
  'check.no-answer': '无应答',
  'check.refused': '被拒绝',
  'check.full': '已满',
  'check.mute': '数据无法通过',
  'check.silent': '没有任何声音',
  'check.dark': '没有画面',
  'check.click': '请先点按按钮',
  'check.broken': '无法使用',
  'check.again': '重新检测',
  'check.call': '立即呼叫',
  'check.good': '一切正常，可以通话。',
  'check.good.voice': '网络连接正常。',
  'check.good.unheard': '网络连接正常。请重新检测以测试麦克风的声音。',
  'check.over-tcp': '你的网络阻止了 UDP。通话将改走 TCP，网络繁忙时可能卡顿。',
  'check.over-tls': '你的网络只允许访问网页。通话将改走 TLS，网络繁忙时可能卡顿。',
  'check.weak': '网络较弱：丢包 {loss}%，往返 {ms} 毫秒。通话可能卡顿。',
  'check.server-down': '服务器无应答。请检查网络，或稍后再试。',
  'check.no-relay': '此服务器没有中继。只有能直连的网络之间才能通话。',
  'check.relay-refused': '服务器的中继不接受服务器自己的密码。只有能直连时才能通话。',
  'check.relay-full': '服务器的中继已满。只有能直连时才能通话。',
  'check.relay-mute': '服务器的中继有应答，但数据无法通过。只有能直连时才能通话。',
  'check.relay-down': '服务器有应答，但中继没有：你的网络阻止了它，或中继已停止。请关闭 VPN 或更换网络。',
  'check.relay-dead': '服务器的中继无应答，已通知管理员。',
  'check.relay-blocked': '你的网络阻止通话：服务器的中继正常，但从这里无法到达。请关闭 VPN 或更换网络。',
  'check.mic-silent': '麦克风没有任何声音。请查看耳机上的静音键。',
  'check.camera-dark': '摄像头没有画面。请查看镜头盖，或使用语音通话。',
};

/** The dictionary of each language. */
export const CHECK: Readonly<Record<Language, Readonly<Record<CheckKey, string>>>> = { en, 'zh-CN': zhCn };

/** The text for `key` in the page's language. */
export const c = speaker(CHECK);

/** All of it in one sentence. */
export interface Verdict {
  /** `good`: nothing to do · `fair`: calls work, and could be better · `bad`: they may not work. */
  readonly tone: 'good' | 'fair' | 'bad';
  readonly key: CheckKey | null;
  readonly params?: Params;
  /** The device that is to blame, where it has a sentence of its own. */
  readonly device?: Check;
  /** For whoever runs the server. */
  readonly fix?: Fix;
}

/** More than this is heard and seen (ITU-T G.114 for the way; 5 % is where speech begins to suffer in spite of concealment). */
const WEAK_LOSS = 0.05;
const WEAK_RTT_MS = 400;

/** `relay`: what the server says of it. The worst first: what keeps every call from working, then what keeps some, then what makes them worse. */
export function verdictOf(checks: readonly Check[], relay?: RelayState): Verdict {
  const of = (name: CheckName) => checks.find((check) => check.name === name);
  const broken = (name: CheckName) => (of(name)?.error ? of(name) : undefined);
  const relays = (['relay-udp', 'relay-tcp', 'relay-tls'] as const).flatMap((name) => of(name) ?? []);
  const working = relays.filter(({ error }) => !error);
  if (broken('server')) return { tone: 'bad', key: 'check.server-down', fix: 'fix.server' };
  const mic = broken('mic');
  if (mic?.error?.code === 'device-silent') return { tone: 'bad', key: 'check.mic-silent' };
  if (mic) return { tone: 'bad', key: null, device: mic };
  if (relays.length === 0) return { tone: 'bad', key: 'check.no-relay', fix: 'fix.no-relay' };
  if (working.length === 0) return { tone: 'bad', ...relayFault(relays, relay) };
  const camera = broken('camera');
  if (camera?.error?.code === 'device-silent') return { tone: 'fair', key: 'check.camera-dark' };
  if (camera) return { tone: 'fair', key: null, device: camera };
  const best = working[0];
  if (best && ((best.loss ?? 0) > WEAK_LOSS || (best.rttMs ?? 0) > WEAK_RTT_MS)) {
    return { tone: 'fair', key: 'check.weak', params: figures(best) };
  }
  if (best?.name === 'relay-tcp' && of('relay-udp')) {
    return { tone: 'fair', key: 'check.over-tcp', fix: 'fix.udp' };
  }
  if (best?.name === 'relay-tls' && (of('relay-udp') || of('relay-tcp'))) {
    return { tone: 'fair', key: 'check.over-tls', fix: 'fix.udp' };
  }
  const heard = of('mic');
  if (heard && heard.level === undefined) return { tone: 'fair', key: 'check.good.unheard' };
  return { tone: 'good', key: heard ? 'check.good' : 'check.good.voice' };
}

/** Whoever answers something is not unreachable: that it refuses says more than that others do not answer. */
function relayFault(
  relays: readonly Check[],
  relay: RelayState | undefined,
): { readonly key: CheckKey; readonly fix: Fix } {
  const failed = (code: string) => relays.some(({ error }) => error?.code === code);
  if (failed('forbidden')) return { key: 'check.relay-refused', fix: 'fix.relay-refused' };
  if (failed('rate-limited')) return { key: 'check.relay-full', fix: 'fix.relay-full' };
  if (failed('timeout')) return { key: 'check.relay-mute', fix: 'fix.relay-mute' };
  if (relay === 'full') return { key: 'check.relay-full', fix: 'fix.relay-full' };
  if (relay === 'failing') return { key: 'check.relay-dead', fix: 'fix.relay-down' };
  const key = relay === 'works' ? 'check.relay-blocked' : 'check.relay-down';
  return { key, fix: 'fix.relay-unreachable' };
}

/** The verdict in the page's language. */
export function sayVerdict({ key, params, device }: Verdict): string {
  if (key) return c(key, params);
  return device?.error ? say(deviceMessage(device.error, device.name === 'camera' ? 'camera' : 'mic')) : '';
}

function figures({ rttMs = 0, loss = 0 }: Check): Params {
  return { ms: Math.max(1, Math.round(rttMs)), loss: Math.round(loss * 100) };
}

/** What is checked. */
export function nameOf(name: CheckName): string {
  switch (name) {
    case 'mic':
    case 'camera':
    case 'speaker':
      return t(`devices.${name}`);
    case 'server':
    case 'relay-udp':
    case 'relay-tcp':
    case 'relay-tls':
      return c(`check.${name}`);
  }
}

/** What came of it, in a few words. */
export function resultOf(check: Check): string {
  if (check.error) return c(faultKey(check));
  switch (check.name) {
    case 'server':
      return c('check.ms', { ms: Math.max(1, Math.round(check.ms)) });
    case 'relay-udp':
    case 'relay-tcp':
    case 'relay-tls':
      return c('check.relay', figures(check));
    case 'mic':
      return c(check.level === undefined ? 'check.unheard' : 'check.heard');
    case 'camera':
      return c('check.seen');
    case 'speaker':
      return c('check.plays');
  }
}

function faultKey({ name, error }: Check): CheckKey {
  switch (error?.code) {
    case 'server-unreachable':
      return 'check.no-answer';
    case 'forbidden':
      return 'check.refused';
    case 'rate-limited':
      return 'check.full';
    case 'timeout':
      return 'check.mute';
    case 'device-silent':
      return name === 'camera' ? 'check.dark' : 'check.silent';
    case 'autoplay-blocked':
      return 'check.click';
    default:
      return 'check.broken';
  }
}

/** All checks for whoever runs the server, in English: no names, addresses or secrets. */
export function checkReport(checks: readonly Check[], at: Date, browser: string, relay?: RelayState): string {
  const { key, params, device, fix } = verdictOf(checks, relay);
  const lines = checks.map(({ name, error, ms, rttMs, loss }) => {
    const lost = Math.round((loss ?? 0) * 100);
    const through = rttMs === undefined ? '' : `, ${Math.round(rttMs)} ms there and back, ${lost} % lost`;
    return `${name}: ${error ? `${error.code} after` : 'works,'} ${Math.round(ms)} ms${through}`;
  });
  const cause = key ? fill(CHECK.en[key], params ?? {}) : `${device?.name}: ${device?.error?.code}`;
  return [
    'Visavis check',
    `time: ${at.toISOString()}`,
    ...lines,
    `in short: ${cause}`,
    ...(fix ? [`what helps: ${DOCTOR.en[fix]}`] : []),
    `browser: ${browser}`,
  ].join('\n');
}
