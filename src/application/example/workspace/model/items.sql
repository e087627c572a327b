-- Articles of the ERP. Number patterns and groups are checked by quality/erp.yaml.
SELECT m.matnr AS item_id,
       m.maktx AS name,
       m.maktx_zh AS name_zh,
       g.wgbez AS category,
       'each' AS unit,
       CAST(m.stprs AS DECIMAL(18,4)) AS unit_cost,
       CAST(m.vkprs AS DECIMAL(18,4)) AS unit_price,
       m.waers AS currency,
       m.abckz AS class,
       CASE m.mstae WHEN 'Z9' THEN 'discontinued' ELSE 'active' END AS status,
       m.ersda AS created_at
FROM lake.erp_mara m
LEFT JOIN lake.erp_t023 g ON g.matkl = m.matkl
