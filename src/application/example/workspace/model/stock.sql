SELECT matnr AS item_id, werks AS location_id, stand AS as_of,
       CAST(labst AS DECIMAL(18,4)) AS on_hand, CAST(resrv AS DECIMAL(18,4)) AS reserved, CAST(trame AS DECIMAL(18,4)) AS in_transit,
       'each' AS unit
FROM lake.erp_mard
