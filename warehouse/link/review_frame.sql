-- grain:   one row a pair of places that were compared, each place one record of a source in one role: the strongest of
--          their pairs of records, a doubtful one before any other.
-- purpose: what reviewers can be asked, and what precision and recall are estimated over. linked: they are one person now;
--          doubtful: linkage asks about them; told: what was decided about them (same, different), null when nothing was.
--          Versions of one place that contradict each other are left out: no decision can be about them.
-- inputs:  work.held_pair, work.held_record, work.held_cluster, work.held_review, work.decision.
with records as (
    select
        record, person_id, source, role,
        {'supplier': supplier, 'municipality': municipality, 'key': record_key, 'role': role} as place
    from work.held_record
    inner join work.held_cluster using (record)
),
decided as (
    select
        {'supplier': left_supplier, 'municipality': left_municipality, 'key': left_key, 'role': left_role} as left_place,
        {'supplier': right_supplier, 'municipality': right_municipality, 'key': right_key, 'role': right_role}
            as right_place,
        arg_max(decision, number) as told
    from work.decision
    group by all
),
compared as (
    select
        held_pair.* exclude (veto, on_tokens),
        least(a.place, b.place) as left_place,
        greatest(a.place, b.place) as right_place,
        if(a.place <= b.place, a.source, b.source) as left_source,
        if(a.place <= b.place, b.source, a.source) as right_source,
        a.person_id = b.person_id as linked,
        asked."left" is not null as doubtful
    from work.held_pair as held_pair
    inner join records as a on a.record = held_pair."left"
    inner join records as b on b.record = held_pair."right"
    left join work.held_review as asked
        on asked."left" = held_pair."left" and asked."right" = held_pair."right"
    where a.place <> b.place
),
strongest as (
    select *
    from compared
    qualify row_number() over (
        partition by left_place, right_place order by doubtful desc, match_weight desc, "left", "right"
    ) = 1
),
frame as (
    select
        strongest.*,
        row_number() over (order by strongest."left", strongest."right") as number,
        if(decided.told = 'unsure', null, decided.told) as told
    from strongest
    left join decided using (left_place, right_place)
)
select * from frame
