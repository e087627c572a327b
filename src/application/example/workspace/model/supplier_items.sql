-- Prices by quantity, and lead times as they were, not as they are promised: how much later or earlier than the promise each
-- supplier has been on average, and how much that varies.
WITH lateness AS (
  SELECT lifnr,
         avg(date_diff('day', CAST(eindt AS DATE), CAST(wedat AS DATE))) AS mean_days,
         stddev_samp(date_diff('day', CAST(eindt AS DATE), CAST(wedat AS DATE))) AS sd_days
  FROM lake.erp_purchase_orders
  WHERE statu = 'R' AND wedat IS NOT NULL AND eindt IS NOT NULL
  GROUP BY lifnr
)
SELECT e.lifnr AS supplier_id,
       e.matnr AS item_id,
       CAST(e.bmnge AS DECIMAL(18,4)) AS min_quantity,
       CAST(e.netpr AS DECIMAL(18,4)) AS unit_price,
       e.waers AS currency,
       greatest(1.0, round(e.plifz + coalesce(l.mean_days, 0), 2)) AS lead_time_days,
       round(coalesce(l.sd_days, 0.3 * e.plifz), 2) AS lead_time_sd_days,
       CAST(e.minbm AS DECIMAL(18,4)) AS moq,
       CAST(e.bstrf AS DECIMAL(18,4)) AS pack_size
FROM lake.erp_eine e
LEFT JOIN lateness l ON l.lifnr = e.lifnr
