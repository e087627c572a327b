-- What the file does not say, and this workspace assumes. Change the values here; reports/daily.yaml repeats them in words.
SELECT name, CAST(value AS DOUBLE) AS value, note
FROM (VALUES
  ('cost_share',        0.60, 'unit cost as a share of the usual price'),
  ('stock_cover_days',  28,   'stock on hand at the end of the file, in days of the last four weeks of sales'),
  ('pipeline_days',     10,   'on its way at the end of the file, in days of those sales: a steady company has a lead time under way'),
  ('lead_time_days',    10,   'from order to shelf'),
  ('lead_time_sd_days', 3,    'spread of that time'),
  ('minimum_order',     12,   'units'),
  ('pack_size',         12,   'units'),
  ('listed_days',       90,   'an item that has not sold for so long is discontinued')
) AS assumed(name, value, note)
