import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const target = `http://localhost:${process.env.PORT ?? 8080}`

export default defineConfig({
  plugins: [vue()],
  // The channels are on the server: "ws" passes WebSockets on, and "changeOrigin: false" keeps the page's own host.
  server: { proxy: { '/channels': { target, ws: true, changeOrigin: false } } },
})
