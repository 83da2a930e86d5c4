WITH cells AS (
  SELECT
    `place` AS `k0`,
    `sex` AS `k1`,
    CAST(`grade` AS STRING) AS `k2`,
    CASE
      WHEN (
        CAST(YEAR(CAST('2020-09-01' AS DATE)) - YEAR(`birth`) - CASE
          WHEN MONTH(CAST('2020-09-01' AS DATE)) * 100 + DAY(CAST('2020-09-01' AS DATE)) < MONTH(`birth`) * 100 + DAY(`birth`)
          THEN 1
          ELSE 0
        END AS BIGINT) < 10
      )
      THEN 'under-10'
      ELSE '10-plus'
    END AS `k3`,
    CASE
      WHEN `boarder`
      THEN 'true'
      WHEN (
        NOT `boarder`
      )
      THEN 'false'
      ELSE CAST(NULL AS STRING)
    END AS `k4`,
    COUNT(*) FILTER(WHERE
      `boarder`) AS `m1`
  FROM rows
  GROUP BY
    1,
    2,
    3,
    4,
    5
), coded AS (
  SELECT
    COALESCE(`map0`.`above`, '_U') AS `region`,
    COALESCE(`map1`.`above`, '_U') AS `district`,
    COALESCE(`cells`.`k1`, '_U') AS `sex`,
    COALESCE(`cells`.`k2`, '_U') AS `grade`,
    COALESCE(`cells`.`k3`, '_U') AS `age_class`,
    COALESCE(`cells`.`k4`, '_U') AS `boarder`,
    `m1`
  FROM cells
  LEFT JOIN VALUES
    ('N', 'N'),
    ('S', 'S'),
    ('N1', 'N'),
    ('N2', 'N'),
    ('N3', 'N'),
    ('S1', 'S'),
    ('S2', 'S') AS map0(code, above)
    ON `cells`.`k0` = `map0`.`code`
  LEFT JOIN VALUES
    ('N1', 'N1'),
    ('N2', 'N2'),
    ('N3', 'N3'),
    ('S1', 'S1'),
    ('S2', 'S2') AS map1(code, above)
    ON `cells`.`k0` = `map1`.`code`
), rolled AS (
  SELECT
    `region` AS `region`,
    `district` AS `district`,
    `sex` AS `sex`,
    `grade` AS `grade`,
    `age_class` AS `age_class`,
    `boarder` AS `boarder`,
    COALESCE(CAST(SUM(`m1`) AS BIGINT), 0) AS `m1`
  FROM coded
  GROUP BY
    GROUPING SETS (
      (),
      (`region`),
      (`region`, `district`),
      (`sex`),
      (`grade`),
      (`sex`, `grade`),
      (`region`, `sex`),
      (`age_class`, `boarder`)
    )
), targets AS (
  SELECT
    `region`,
    `district`,
    `sex`,
    `grade`,
    `age_class`,
    `boarder`,
    CAST(ROW_NUMBER() OVER (ORDER BY `region`, `district`, `sex`, `grade`, `age_class`, `boarder`) AS INT) AS `_target`
  FROM rolled
), known AS (
  SELECT
    COALESCE(`map0`.`above`, '_U') AS `region`,
    COALESCE(`map1`.`above`, '_U') AS `district`,
    COALESCE(`cells`.`k1`, '_U') AS `sex`,
    COALESCE(`cells`.`k2`, '_U') AS `grade`,
    COALESCE(`cells`.`k3`, '_U') AS `age_class`,
    COALESCE(`cells`.`k4`, '_U') AS `boarder`,
    `k0`,
    `k1`,
    `k2`,
    `k3`,
    `k4`
  FROM cells
  LEFT JOIN VALUES
    ('N', 'N'),
    ('S', 'S'),
    ('N1', 'N'),
    ('N2', 'N'),
    ('N3', 'N'),
    ('S1', 'S'),
    ('S2', 'S') AS map0(code, above)
    ON `cells`.`k0` = `map0`.`code`
  LEFT JOIN VALUES
    ('N1', 'N1'),
    ('N2', 'N2'),
    ('N3', 'N3'),
    ('S1', 'S1'),
    ('S2', 'S2') AS map1(code, above)
    ON `cells`.`k0` = `map1`.`code`
), placed AS (
  SELECT DISTINCT
    `k0`,
    `k1`,
    `k2`,
    `k3`,
    `k4`,
    `region`,
    `district`,
    `sex`,
    `grade`,
    `age_class`,
    `boarder`,
    CAST(DENSE_RANK() OVER (ORDER BY `region`, `district`, `sex`, `grade`, `age_class`, `boarder`) AS INT) AS `_cell`
  FROM known
), spread AS (
  SELECT
    `_cell`,
    `region` AS `region`,
    `district` AS `district`,
    `sex` AS `sex`,
    `grade` AS `grade`,
    `age_class` AS `age_class`,
    `boarder` AS `boarder`
  FROM placed
  GROUP BY
    GROUPING SETS (
      (`_cell`),
      (`_cell`, `region`),
      (`_cell`, `region`, `district`),
      (`_cell`, `sex`),
      (`_cell`, `grade`),
      (`_cell`, `sex`, `grade`),
      (`_cell`, `region`, `sex`),
      (`_cell`, `age_class`, `boarder`)
    )
), members AS (
  SELECT
    `spread`.`_cell`,
    `targets`.`_target`
  FROM spread
  INNER JOIN targets
    ON `spread`.`region` IS NOT DISTINCT FROM `targets`.`region`
    AND `spread`.`district` IS NOT DISTINCT FROM `targets`.`district`
    AND `spread`.`sex` IS NOT DISTINCT FROM `targets`.`sex`
    AND `spread`.`grade` IS NOT DISTINCT FROM `targets`.`grade`
    AND `spread`.`age_class` IS NOT DISTINCT FROM `targets`.`age_class`
    AND `spread`.`boarder` IS NOT DISTINCT FROM `targets`.`boarder`
), located_m0 AS (
  SELECT
    `placed`.`_cell`,
    `given`.`_x`
  FROM (
    SELECT
      `place` AS `k0`,
      `sex` AS `k1`,
      CAST(`grade` AS STRING) AS `k2`,
      CASE
        WHEN (
          CAST(YEAR(CAST('2020-09-01' AS DATE)) - YEAR(`birth`) - CASE
            WHEN MONTH(CAST('2020-09-01' AS DATE)) * 100 + DAY(CAST('2020-09-01' AS DATE)) < MONTH(`birth`) * 100 + DAY(`birth`)
            THEN 1
            ELSE 0
          END AS BIGINT) < 10
        )
        THEN 'under-10'
        ELSE '10-plus'
      END AS `k3`,
      CASE
        WHEN `boarder`
        THEN 'true'
        WHEN (
          NOT `boarder`
        )
        THEN 'false'
        ELSE CAST(NULL AS STRING)
      END AS `k4`,
      CASE
        WHEN CASE WHEN `boarder` THEN `distance` ELSE CAST(NULL AS DOUBLE) END = 0e0
        THEN 0e0
        ELSE CASE WHEN `boarder` THEN `distance` ELSE CAST(NULL AS DOUBLE) END
      END AS `_x`
    FROM rows
  ) AS given
  INNER JOIN placed
    ON `given`.`k0` IS NOT DISTINCT FROM `placed`.`k0`
    AND `given`.`k1` IS NOT DISTINCT FROM `placed`.`k1`
    AND `given`.`k2` IS NOT DISTINCT FROM `placed`.`k2`
    AND `given`.`k3` IS NOT DISTINCT FROM `placed`.`k3`
    AND `given`.`k4` IS NOT DISTINCT FROM `placed`.`k4`
  WHERE
    NOT `given`.`_x` IS NULL
), folded_m0 AS (
  SELECT
    `_cell`,
    `_x`,
    COUNT(*) AS `_n`
  FROM located_m0
  GROUP BY
    `_cell`,
    `_x`
), reached_m0 AS (
  SELECT
    `members`.`_target`,
    `folded_m0`.`_x`,
    `folded_m0`.`_n`
  FROM folded_m0
  INNER JOIN members
    ON `folded_m0`.`_cell` = `members`.`_cell`
), counted_m0 AS (
  SELECT
    `_target`,
    `_x`,
    CAST(SUM(`_n`) AS BIGINT) AS `_n`
  FROM reached_m0
  GROUP BY
    `_target`,
    `_x`
), ranked_m0 AS (
  SELECT
    `_target`,
    `_x`,
    CAST(SUM(`_n`) OVER (
      PARTITION BY `_target`
      ORDER BY `_x`
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) AS `_upto`,
    CAST(SUM(`_n`) OVER (PARTITION BY `_target`) AS BIGINT) AS `_total`
  FROM counted_m0
), ends_m0 AS (
  SELECT
    `_target`,
    MAX(`_total`) AS `_total`,
    MIN(CASE WHEN `_upto` > FLOOR((
      (
        `_total` - 1
      ) * 0.9e0
    )) THEN `_x` END) AS `low_m0`,
    MIN(CASE WHEN `_upto` > CEIL((
      (
        `_total` - 1
      ) * 0.9e0
    )) THEN `_x` END) AS `high_m0`
  FROM ranked_m0
  GROUP BY
    `_target`
), of_m0 AS (
  SELECT
    `_target`,
    `low_m0` + (
      `high_m0` - `low_m0`
    ) * (
      (
        (
          `_total` - 1
        ) * 0.9e0
      ) - FLOOR((
        (
          `_total` - 1
        ) * 0.9e0
      ))
    ) AS `m0`
  FROM ends_m0
)
SELECT
  `region`,
  `district`,
  `sex`,
  `grade`,
  `age_class`,
  `boarder`,
  `m0` AS `v0`,
  `m1` AS `c0`
FROM (
  SELECT
    `rolled`.`region` AS `region`,
    `rolled`.`district` AS `district`,
    `rolled`.`sex` AS `sex`,
    `rolled`.`grade` AS `grade`,
    `rolled`.`age_class` AS `age_class`,
    `rolled`.`boarder` AS `boarder`,
    `rolled`.`m1` AS `m1`,
    `of_m0`.`m0` AS `m0`
  FROM rolled
  INNER JOIN targets
    ON `rolled`.`region` IS NOT DISTINCT FROM `targets`.`region`
    AND `rolled`.`district` IS NOT DISTINCT FROM `targets`.`district`
    AND `rolled`.`sex` IS NOT DISTINCT FROM `targets`.`sex`
    AND `rolled`.`grade` IS NOT DISTINCT FROM `targets`.`grade`
    AND `rolled`.`age_class` IS NOT DISTINCT FROM `targets`.`age_class`
    AND `rolled`.`boarder` IS NOT DISTINCT FROM `targets`.`boarder`
  LEFT JOIN of_m0
    ON `targets`.`_target` = `of_m0`.`_target`
) AS measured
