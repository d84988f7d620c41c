/** Tells systemd how a process stands, where it is a unit of `Type=notify` with `NotifyAccess=all`. */
import { execFile } from 'node:child_process'

/** Unix datagrams are beyond Node, so `systemd-notify` sends them. Elsewhere than in a unit nothing happens. */
export function tellSystemd(state: 'READY=1' | 'STOPPING=1', status: string): void {
  if (!process.env.NOTIFY_SOCKET) return
  execFile('systemd-notify', [state, `STATUS=${status}`], (error) => {
    if (error) console.error(`systemd-notify failed, so systemd does not know ${state}: ${error.message}`)
  })
}
