/**
 * `npm run image`: builds `deploy/Dockerfile` and runs what it makes, as root on Debian with buildah and debootstrap.
 * Images cannot be pulled everywhere, so the base is made by debootstrap and this machine's own Node.
 * `npm run image -- <base> <build>` takes images instead. It takes some minutes, so `npm test` does not run it.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Containers } from './containers.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'node_modules/.cache/image')
const authorities = '/etc/ssl/certs/ca-certificates.crt'
const deadlineMs = 60_000
const here = /** @type {const} */ ({ cwd: root, encoding: 'utf8' })
/** @type {import('node:child_process').ExecFileSyncOptionsWithStringEncoding} */
const quiet = { ...here, stdio: ['ignore', 'pipe', 'inherit'] }

/** @param {string[]} args */
const buildah = (...args) =>
  execFileSync('buildah', ['--root', join(cache, 'store'), '--runroot', join(cache, 'run'), ...args], quiet).trim()

/** Debian and the Node of this machine; for building npm too, and whom this machine trusts. */
function makeBases() {
  const folder = join(cache, 'debian')
  if (!existsSync(join(folder, 'etc/debian_version'))) {
    execFileSync('debootstrap', ['--variant=minbase', 'bookworm', folder, 'http://deb.debian.org/debian'], quiet)
    for (const path of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'])
      rmSync(join(folder, path), { recursive: true, force: true })
  }
  const container = buildah('from', 'scratch')
  buildah('add', '-q', container, folder, '/')
  buildah('add', '-q', container, process.execPath, '/usr/bin/node')
  buildah('commit', '-q', container, 'localhost/base')
  const npm = join(realpathSync(execFileSync('which', ['npm'], here).trim()), '../..')
  buildah('add', '-q', container, npm, '/usr/lib/node_modules/npm')
  buildah('add', '-q', container, authorities, authorities)
  const link = 'ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm'
  buildah('run', '--isolation', 'chroot', container, '--', 'sh', '-c', link)
  buildah('config', '--env', `NODE_EXTRA_CA_CERTS=${authorities}`, container)
  buildah('commit', '-q', container, 'localhost/build')
  buildah('rm', container)
  return /** @type {const} */ (['localhost/base', 'localhost/build'])
}

/** @param {string} base @param {string} build */
function makeImage(base, build) {
  const from = ['--build-arg', `BASE=${base}`, '--build-arg', `BUILD=${build}`]
  const where = ['--format', 'docker', '--isolation', 'chroot', '--network', 'host', '-f', 'deploy/Dockerfile']
  buildah('build', '-q', ...where, ...from, '-t', 'localhost/anywire', '.')
}

/** Adds a key and the configuration of compose. Answers a token. @param {string} settings */
function configure(settings) {
  const main = join(root, 'dist/cli/main.js')
  const anywire = (/** @type {string[]} */ ...args) =>
    execFileSync(process.execPath, [main, ...args], { ...quiet, cwd: settings }).trim()
  copyFileSync(join(root, 'deploy/compose/config/anywire.config.json'), join(settings, 'anywire.config.json'))
  anywire('keys')
  chmodSync(join(settings, 'anywire-jwks.json'), 0o644)
  return anywire('token', '--sub', 'ann', '--subscribe', '*', '--publish', '*')
}

/** @param {boolean} fact @param {string} what @param {string} [found] */
function expect(fact, what, found = '') {
  if (!fact) throw new Error(`Not so: ${what} ${found}`)
  console.log(`ok: ${what}`)
}

/** @param {Containers} containers @param {string} settings @param {string} data */
async function check(containers, settings, data) {
  const { User, Volumes, Entrypoint, Cmd, Healthcheck, StopSignal } = containers.image
  expect(/^[1-9]\d*:/.test(User), `its user ${User} is not root`)
  expect('/data' in Volumes, '/data is a volume')
  const serve = [...Entrypoint, ...Cmd]
  const health = Healthcheck.Test.slice(1)
  const refused = await containers.start(serve).ended
  expect(/only this machine is served/.test(refused.printed), 'without a configuration it refuses', refused.printed)
  expect((await containers.start(health).ended).code === 1, 'the health check fails while nothing serves')
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${configure(settings)}` }
  const url = `http://127.0.0.1:${containers.port}/channels/a`
  for (const round of ['first', 'second']) {
    const server = containers.start(serve)
    const until = Date.now() + deadlineMs
    let healthy = false
    while (!healthy && Date.now() < until) healthy = (await containers.start(health).ended).code === 0
    expect(healthy, `${round} start: the health check passes`)
    if (round === 'first') await fetch(url, { method: 'POST', headers, body: '"kept"' })
    const log = await (await fetch(url, { headers })).text()
    expect(log === '["kept"]', `${round} start: what was published is in the log`)
    server.kill(StopSignal)
    const { code, printed } = await server.ended
    expect(code === 0 && printed.includes('"left"'), `${round} start: ${StopSignal} ends it with 0`, printed)
  }
  const touch = [...Entrypoint.slice(0, 1), '-e', "fs.writeFileSync('/app/new','')"]
  expect((await containers.start(touch).ended).printed.includes('EROFS'), 'nothing but /data can be written')
  expect(existsSync(join(data, 'log.mdb')), 'the logs are in /data')
}

const [base, build = base] = process.argv.slice(2)
makeImage(...(base === undefined ? makeBases() : /** @type {const} */ ([base, build ?? base])))
const container = buildah('from', 'localhost/anywire')
const folder = mkdtempSync(join(tmpdir(), 'anywire-image-'))
try {
  const [data, settings] = [join(folder, 'data'), join(folder, 'settings')]
  for (const one of [data, settings]) mkdirSync(one)
  const { Docker } = JSON.parse(buildah('inspect', '--type', 'image', 'localhost/anywire'))
  chownSync(data, 65_532, 65_532)
  const files = buildah('mount', container)
  const own = Number(execFileSync('du', ['-sm', join(files, 'app')], here).split('\t')[0])
  console.log(`${own} MB beside the base`)
  await check(new Containers({ files, image: Docker.config, data, settings }), settings, data)
} finally {
  buildah('rm', container)
  rmSync(folder, { recursive: true, force: true })
}
