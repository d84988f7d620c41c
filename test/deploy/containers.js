/**
 * Runs what an image holds as compose and Kubernetes do: not root, nothing to be written but /data, no rights to be won.
 * Namespaces and mounts of the kernel do that. A runtime such as runc would do the same, but not on every machine.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * @typedef {object} Image what an image says of itself, as Docker spells it
 * @property {string} User
 * @property {Record<string, object>} Volumes
 * @property {readonly string[]} Entrypoint
 * @property {readonly string[]} Cmd
 * @property {readonly string[]} Env
 * @property {string} WorkingDir
 * @property {NodeJS.Signals} StopSignal
 * @property {{ Test: readonly string[] }} Healthcheck
 *
 * @typedef {object} Options
 * @property {string} files the root of the image
 * @property {Image} image
 * @property {string} data the volume
 * @property {string} settings the folder of the configuration
 *
 * @typedef {{ code: number | null, printed: string }} Exit
 */

/** $1 is the root of the image, $2 its user and group, $3 where it begins; the data, the settings and the program follow. */
const script = `set -e
root=$1 user=$2 at=$3
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --bind "$4" "$root/data"
mount --bind "$5" "$root/etc/anywire"
mount -o remount,bind,ro "$root/etc/anywire"
mount -o remount,bind,ro "$root"
shift 5
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" env -C "$at" "$@"`

export class Containers {
  port = 18_080
  #options

  /** @param {Options} options */
  constructor(options) {
    this.#options = options
  }

  get image() {
    return this.#options.image
  }

  /** @param {readonly string[]} args */
  start(args) {
    const { files, image, data, settings } = this.#options
    const own = [`ANYWIRE_PORT=${this.port}`, `ANYWIRE_ADMIN=127.0.0.1:${this.port + 1}`]
    const env = Object.fromEntries([...image.Env, ...own].map((line) => line.split(/=(.*)/s, 2)))
    const told = [files, image.User, image.WorkingDir, data, settings]
    const apart = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', 'sh', '-c', script, 'sh']
    const child = spawn('unshare', [...apart, ...told, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text))
    /** @type {Promise<Exit>} */
    const ended = new Promise((done) => child.once('close', (code) => done({ code, printed })))
    /** The program is the first process of its own, and the only child here. @param {NodeJS.Signals} signal */
    const kill = (signal) => {
      const { pid } = child
      process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()), signal)
    }
    return { ended, kill }
  }
}
