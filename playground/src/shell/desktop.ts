/** Notices outside of the page: the browser's own notifications, for who has allowed them, while nobody looks at the playground. */
import type { MessageItem } from 'anywire/client'
import type { Notice } from '../channels.js'
import { go } from './router.js'
import { Value } from './value.js'

export type Permission = NotificationPermission | 'unsupported'

/** The offset of the newest notice that was told of; shared by all tabs, so that one of them tells. */
const key = 'notices.told'
/** The name of a lock that a tab holds while it has the focus: then none of the others tells either. */
const front = 'notices.front'

const isSupported = 'Notification' in globalThis && 'locks' in navigator
const allowed = new Value<Permission>(isSupported ? Notification.permission : 'unsupported')
export const permission: Pick<Value<Permission>, 'value' | 'subscribe'> = allowed

/** To be called by a click: browsers ask nobody who has not asked for it. */
export async function askPermission(): Promise<void> {
  allowed.set(await Notification.requestPermission())
}

/** Knows from now on whether somebody looks. */
export function followFocus(): void {
  let release = () => {}
  const look = () => {
    release()
    if (!document.hasFocus()) return
    const focused = new Promise<void>((blurred) => {
      release = blurred
    })
    void navigator.locks.request(front, { mode: 'shared' }, () => focused)
  }
  if (!isSupported) return
  look()
  for (const event of ['focus', 'blur', 'pageshow']) addEventListener(event, look)
  addEventListener('pagehide', () => release())
}

/** Tells of a notice that nobody has been told of; a click leads to what it is about. */
export async function tell(notice: MessageItem<Notice>, onRead: () => void): Promise<void> {
  if (!isSupported) return
  const { held = [] } = await navigator.locks.query()
  const isSeen = held.some(({ name }) => name === front)
  // Whichever tab gets the lock tells, and has it until the others have heard of the notice too.
  await navigator.locks.request(`notices.told ${notice.offset}`, { ifAvailable: true }, async (lock) => {
    if (!lock || notice.offset <= (localStorage.getItem(key) ?? '')) return
    localStorage.setItem(key, notice.offset)
    if (allowed.value === 'granted' && !isSeen) show(notice, onRead)
    await new Promise((resolve) => setTimeout(resolve, 5000))
  })
}

function show({ data }: MessageItem<Notice>, onRead: () => void): void {
  try {
    const shown = new Notification(data.title, { body: data.text })
    shown.onclick = () => {
      focus()
      go(data.href)
      onRead()
      shown.close()
    }
  } catch {
    // On some phones only a service worker may show them.
    allowed.set('unsupported')
  }
}
