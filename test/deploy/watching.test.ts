/** `deploy/prometheus` and `deploy/grafana`: what they ask for is what `/metrics` shows. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { createAdmin, createMetrics } from '../../src/admin/index.js'
import { createHub } from '../../src/index.js'
import { root, textOf } from '../docs/blocks.js'
import { promtool, startPrometheus } from './prometheus.js'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
}

const alertsFile = join(root, 'deploy/prometheus/alerts.yaml')
const alerts = parse(readFileSync(alertsFile, 'utf8')).groups.flatMap(
  ({ rules }: { rules: readonly Alert[] }) => rules,
) as readonly Alert[]

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

const dashboard = JSON.parse(readFileSync(join(root, 'deploy/grafana/dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[]
}

/** As Grafana fills in its variables. */
const filledIn = (expr: string) =>
  expr.replaceAll('$job', 'anywire').replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m')

const asked: readonly (readonly [name: string, query: string])[] = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [`panel ${title}`, filledIn(expr)] as const),
  ),
  // What an alert compares, whether it fires or not.
  ...alerts.map(({ alert, expr }) => [alert, expr.replace(/ (>|==) [\d.]+$/, '')] as const),
]

/** A hub where everything has happened once, also what is rare. */
async function eventfulHub(): Promise<number> {
  const metrics = await createMetrics()
  const hub = createHub({ meter: metrics.meter })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  const server = createServer(createAdmin(hub, { metrics })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  await hub.publish('a', 1)
  const reading = hub.subscribe('a', { from: 'start' })
  await reading.next()
  onTestFinished(async () => void (await reading.return()))
  const { meter } = metrics
  meter.opened('event-stream')
  meter.closed('event-stream', 'draining')
  meter.resumed('event-stream', 'whole')
  meter.gap('event-stream', 'trimmed')
  meter.delayed('event-stream', 1)
  meter.published('a', 'failed', 1)
  meter.wakeUpLost()
  for (const code of ['too-many', 'unauthorized'] as const) meter.refused(code)
  meter.asked('read', false, 1)
  meter.asked('read', true, 1)
  return (server.address() as AddressInfo).port
}

describe('the alerts and the dashboard', () => {
  it('ask for what a hub shows: Prometheus has an answer to each query', { timeout: 300_000 }, async () => {
    const query = await startPrometheus(await eventfulHub())
    for (const [name, expr] of asked) {
      await expect
        .poll(() => query(expr), { timeout: 60_000, message: `${name}: ${expr}` })
        .toSatisfy((found) => Number(found) > 0)
    }
  })
})

describe('the alerts', () => {
  it('are rules that promtool finds no fault with', () => {
    expect(promtool('check', 'rules', alertsFile)).toContain(`${alerts.length} rules found`)
  })

  it('are all explained in docs/operations.md', () => {
    const text = textOf('docs/operations.md')
    expect(alerts.map(({ alert }) => alert).filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('fire when there is something to do, and only then', () => {
    const bad: Record<string, string> = {
      AnywireDown: 'up{job="anywire",instance="n"} | 0x60',
      AnywireStoreDown: 'anywire_store_up{instance="n"} | 0x60',
      AnywireStoreSlow:
        'anywire_store_seconds_bucket{instance="n",op="read",le="1"} | 0x60 | anywire_store_seconds_bucket{instance="n",op="read",le="2.5"} | 0+60x60 | anywire_store_seconds_bucket{instance="n",op="read",le="+Inf"} | 0+60x60',
      AnywirePublishesFail: 'anywire_publishes_total{instance="n",outcome="failed"} | 0+60x60',
      AnywireGaps: 'anywire_gaps_total{instance="n",reason="trimmed"} | 0+5x60',
      AnywireReadersLag:
        'anywire_lag_seconds_bucket{transport="sse",le="10"} | 0x60 | anywire_lag_seconds_bucket{transport="sse",le="60"} | 0+60x60 | anywire_lag_seconds_bucket{transport="sse",le="+Inf"} | 0+60x60',
      AnywireDeliverySlow:
        'anywire_delivery_seconds_bucket{instance="n",le="1"} | 0x60 | anywire_delivery_seconds_bucket{instance="n",le="2.5"} | 0+60x60 | anywire_delivery_seconds_bucket{instance="n",le="+Inf"} | 0+60x60',
      AnywireLoopBlocked: 'nodejs_eventloop_lag_p99_seconds{job="anywire",instance="n"} | 0.5x60',
      AnywireAuthFailures: 'anywire_auth_failures_total{instance="n",reason="forbidden"} | 0+1200x60',
      AnywireLimitReached: 'anywire_refusals_total{instance="n",code="too-many"} | 0+120x60',
      AnywireWakeUpsLost: 'anywire_wakeups_lost_total{instance="n"} | 0+2x60',
      AnywireFewDescriptors:
        'process_open_fds{job="anywire",instance="n"} | 900x60 | process_max_fds{job="anywire",instance="n"} | 1000x60',
    }
    const good =
      'up{job="anywire",instance="n"} | 1x60 | anywire_store_up{instance="n"} | 1x60 | anywire_gaps_total{instance="n",reason="trimmed"} | 5x60'
    const seriesOf = (text: string) => {
      const parts = text.split(' | ')
      return parts.flatMap((series, at) => (at % 2 === 0 ? [{ series, values: parts[at + 1] }] : []))
    }
    const firing = (alertname: string, fires: boolean) => ({
      interval: '1m',
      input_series: seriesOf(fires ? (bad[alertname] ?? '') : good),
      // How many are firing: their labels are for people.
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alertname}",alertstate="firing"}) or vector(0)`,
          eval_time: '45m',
          exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }],
        },
      ],
    })
    const file = join(mkdtempSync(join(tmpdir(), 'anywire-alerts-')), 'tests.json')
    const tests = alerts.flatMap(({ alert }) => [firing(alert, true), firing(alert, false)])
    writeFileSync(file, JSON.stringify({ rule_files: [alertsFile], evaluation_interval: '1m', tests }))
    expect(promtool('test', 'rules', file)).toContain('SUCCESS')
  })
})
