-- Who delivers, and how often on time: the day that was promised or earlier, over all orders received.
WITH delivered AS (
  SELECT lifnr, avg(CASE WHEN CAST(wedat AS DATE) <= CAST(eindt AS DATE) THEN 1.0 ELSE 0.0 END) AS share
  FROM lake.erp_purchase_orders
  WHERE statu = 'R' AND wedat IS NOT NULL AND eindt IS NOT NULL
  GROUP BY lifnr
)
SELECT s.lifnr AS supplier_id, s.name1 AS name, s.land1 AS country, s.waers AS currency, d.share AS on_time_share
FROM lake.erp_lfa1 s
LEFT JOIN delivered d ON d.lifnr = s.lifnr
