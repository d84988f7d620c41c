/** What was built: `anywire serve --store nats://…`: two processes are one hub, and what was published is there when both are started again. */
import { spawnSync } from 'node:child_process'
import { afterAll, expect, it } from 'vitest'
import { NatsServer } from '../../support/nats.js'
import { anywire } from '../../support/program.js'

// With a password, since it has to come out of the address.
const server = await NatsServer.start('authorization { user: me, password: "p@ss" }')
afterAll(() => server.remove())

async function serve() {
  const store = server.url.replace('//', '//me:p%40ss@')
  const program = anywire(['serve', '--port', '0', '--store', store])
  return { program, url: `${await program.listening()}/channels/room` }
}

it('serves one hub from two processes, and again after both have ended', async () => {
  const nodes = [await serve(), await serve()] as const
  const live = await fetch(nodes[1].url, { headers: { accept: 'text/event-stream' } })
  const headers = { 'content-type': 'application/json' }
  const published = await fetch(nodes[0].url, { method: 'POST', headers, body: '{"text":"hi"}' })
  expect(published.status).toBe(204)
  let text = ''
  for await (const bytes of live.body!) {
    text += Buffer.from(bytes as Uint8Array).toString()
    if (text.includes('{"text":"hi"}')) break
  }
  for (const { program } of nodes) expect(await program.stop('SIGTERM')).toMatchObject({ code: 0 })
  const again = await serve()
  expect(await (await fetch(`${again.url}?offset=-1`)).json()).toEqual([{ text: 'hi' }])
})

it('refuses to work without its package, and names it', () => {
  const hook = `export const resolve = (name, context, next) => {
    if (name.startsWith('@nats-io/')) throw Object.assign(new Error('none'), { code: 'ERR_MODULE_NOT_FOUND' })
    return next(name, context)
  }`
  const program = `import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
    const { nats } = await import('anywire/store/nats')
    await nats().catch(({ code, message }) => console.log(code, message))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(stdout).toBe(
    'internal The NATS store needs the package "@nats-io/transport-node": npm install @nats-io/transport-node\n',
  )
})
