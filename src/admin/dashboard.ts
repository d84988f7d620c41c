/** The dashboard at `/$/admin`: its page and files. */
import { PageFiles } from './page-files.js'

export const dashboardPath = '/$/admin'

/** Made from `playground/src/admin` by `npm run build`. */
export const dashboard = new PageFiles(new URL('../../dist/admin/dashboard/', import.meta.url), {
  [dashboardPath]: 'index.html',
  [`${dashboardPath}/app.js`]: 'app.js',
  [`${dashboardPath}/app.css`]: 'app.css',
  [`${dashboardPath}/icon.svg`]: 'icon.svg',
})
