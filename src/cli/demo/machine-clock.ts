/**
 * A clock that all processes of one machine share: `process.hrtime` reads the kernel's monotonic one, so the difference
 * of two readings is honest across processes. Not so `performance.now()`, whose origin is each process's own start.
 */

export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
