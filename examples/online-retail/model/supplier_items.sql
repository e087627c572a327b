-- Terms as assumed in assumptions.sql.
SELECT 'ASSUMED' AS supplier_id, i.item_id, CAST(1 AS DECIMAL(18,4)) AS min_quantity, i.unit_cost AS unit_price, i.currency,
       (SELECT value FROM ops.assumptions WHERE name = 'lead_time_days') AS lead_time_days,
       (SELECT value FROM ops.assumptions WHERE name = 'lead_time_sd_days') AS lead_time_sd_days,
       CAST((SELECT value FROM ops.assumptions WHERE name = 'minimum_order') AS DECIMAL(18,4)) AS moq,
       CAST((SELECT value FROM ops.assumptions WHERE name = 'pack_size') AS DECIMAL(18,4)) AS pack_size
FROM ops.items i
