// Prints each forecast and revision as it is archived, and resumes after the last one when the stream ends.
import { credentials, options, v1, waitAfter } from './channel.mjs';

const { values } = options({ 'from-start': { type: 'boolean', default: false }, purpose: { type: 'string', default: 'operational' },
                             count: { type: 'string', default: '0' } });
const client = new v1.ForecastService(values.server, credentials(values));
const request = { purposes: [`FORECAST_PURPOSE_${values.purpose.toUpperCase()}`] };
if (values['from-start']) request.resume_sequence = '0';

let seen = 0;
for (;;) {
  try {
    for await (const message of client.WatchForecasts(request)) {
      request.resume_sequence = message.sequence;
      if (!message.forecast) continue; // a heartbeat
      const { name, valid_from_time: from, exceedances: [event], verdict } = message.forecast;
      console.log(`${name} ${new Date(1000 * Number(from.seconds)).toISOString()} P(M>=3.5) ${event.display} ` +
                  `(usual ${(100 * event.climatology).toFixed(1)} %): ${verdict}`);
      if (++seen === Number(values.count)) process.exit(0);
    }
    await new Promise((done) => setTimeout(done, 1000));
  } catch (error) { await waitAfter(error); }
}
